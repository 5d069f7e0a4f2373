// The page's one way round: every step changes the address, and what is
// shown follows from the address. So going back is undoing.

import { about, gallery, search } from "./api.js";
import { Asked } from "./asked.js";
import { byId, say, shortName } from "./dom.js";
import { Filters } from "./filters.js";
import { clearNotice, notice } from "./notice.js";
import { FIRST, asksSomething, fromHash, nothing, toHash } from "./question.js";
import { keep, listen, uploadOf } from "./upload.js";
import * as view from "./view.js";

const ANSWERS_KEPT = 30;
const answers = new Map();
let info = null;
let asked = null;
let filters = null;
let question = nothing();
let running = null;
let seed = Math.floor(Math.random() * 1e9);

const side = () => Math.min(320, info.limits.image_side);
const mostHits = () => Math.min(question.k, info.limits.k);
const depth = () => history.state?.depth ?? 0;

async function open() {
  clearNotice();
  try {
    info = await about();
  } catch (failure) {
    view.showFailure(failure, "Not ready", open);
    return;
  }
  asked = new Asked(info, { submit, remove: () => go({ where: question.where }) });
  filters = new Filters(info.filters, (where) => go({ ...question, where }));
  listen({
    inputs: [byId("file"), byId("camera")],
    well: byId("well"),
    take,
  });
  byId("undo").onclick = () => history.back();
  byId("others").onclick = () => {
    seed = Math.floor(Math.random() * 1e9);
    start();
  };
  byId("more").onclick = more;
  window.addEventListener("popstate", arrive);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && running && asksSomething(question)) cancel();
  });
  arrive();
  awaitReady();
}

async function awaitReady() {
  while (info.status !== "ready") {
    asked.describe(info);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // A server that starts anew is asked again, and again.
    info = await about().catch(() => info);
  }
  asked.describe(info);
}

function go(next) {
  next = { ...nothing(), ...next, k: FIRST };
  const hash = toHash(next);
  if (hash === toHash(question)) answers.delete(hash);
  else history.pushState({ depth: depth() + 1 }, "", hash);
  arrive();
}

function more() {
  question = { ...question, k: Math.min(question.k + FIRST, info.limits.k) };
  history.replaceState(history.state, "", toHash(question));
  results(true);
}

function arrive() {
  running?.abort();
  running = null;
  let trouble = null;
  try {
    question = fromHash(location.hash);
  } catch {
    question = nothing();
    trouble = "The address says no question that this page knows.";
  }
  const { reference } = question;
  if (reference?.upload !== undefined && !uploadOf(reference.upload)) {
    question = { ...nothing(), where: question.where };
    trouble = "The picture that was sent is not kept. Choose it again.";
  }
  asked.show(question, uploadOf(reference?.upload));
  filters.show(question.where);
  byId("undo").disabled = depth() === 0;
  document.title = [question.text, "Find the picture you mean"]
    .filter(Boolean)
    .join(" – ");
  if (asksSomething(question)) results(false);
  else start(trouble);
}

async function start(trouble = null) {
  view.settled();
  const title = "Pick one to start";
  if (!info.limits.image_side) {
    const words = "This server shows no pictures, but finds them by their ids.";
    view.showStart([], "Send a picture to begin", words, 0, pick);
    return;
  }
  running?.abort();
  const stop = (running = new AbortController());
  view.fetching(title, asked.invitation());
  try {
    const { where } = question;
    const k = Math.min(FIRST, info.limits.k);
    const { images } = await gallery(k, seed, where, stop.signal);
    if (stop.signal.aborted) return;
    if (images.length) {
      view.showStart(images, title, asked.invitation(), side(), pick);
    } else if (unfilter().length) {
      view.showNone(title, null, unfilter());
    } else {
      const words = info.images
        ? "The gallery's pictures have no files here to begin from."
        : "The gallery is empty: there is nothing to find yet.";
      view.showStart([], "Send a picture to begin", words, 0, pick);
    }
    if (trouble) notice({ title: trouble, kind: "none" }, []);
  } catch (failure) {
    if (!stop.signal.aborted) view.showFailure(failure, title, () => start());
  } finally {
    if (running === stop) running = null;
  }
}

async function results(keep) {
  const key = toHash(question);
  const title = asked.title(question);
  if (!answers.has(key)) {
    running?.abort();
    const stop = (running = new AbortController());
    view.waiting(title, mostHits(), keep, cancel);
    try {
      const upload = uploadOf(question.reference?.upload);
      const put = { ...question, k: mostHits() };
      answers.set(key, await search(put, upload, stop.signal));
    } catch (failure) {
      if (!stop.signal.aborted) {
        view.showFailure(failure, title, () => results(false));
      }
      return;
    } finally {
      if (running === stop) running = null;
    }
    // Answered already, and asked for something else since.
    if (stop.signal.aborted) return;
    if (answers.size > ANSWERS_KEPT) answers.delete(answers.keys().next().value);
  }
  const answer = answers.get(key);
  if (!answer.hits.length) {
    view.showNone(title, answer.reason, unfilter());
    return;
  }
  const full = answer.hits.length === mostHits();
  const further = full && mostHits() < info.limits.k;
  view.showHits(answer, title, side(), pick, further);
}

function unfilter() {
  if (!Object.keys(question.where).length) return [];
  const act = () => go({ ...question, where: {} });
  return [["Without filters", act, null]];
}

function cancel() {
  running.abort();
  running = null;
  view.showStopped(asked.title(question), () => arrive());
}

// Words that were typed but not asked yet belong to the next picture; those
// that led here are done.
function pick({ id }) {
  const typed = asked.text();
  const text = typed === question.text ? "" : typed;
  go({ ...question, reference: { id }, text });
  say(`Going on from ${shortName(id)}`);
  asked.focus();
}

async function take(file) {
  asked.hint("Reading the picture …");
  try {
    const upload = await keep(file, info.limits);
    go({ ...question, reference: { upload }, text: asked.text() });
    asked.focus();
  } catch (error) {
    asked.hint(error.message);
  }
}

function submit(text) {
  const next = { ...question, text };
  if (!asksSomething(next)) {
    asked.hint("Pick or send a picture, or say what you look for.");
  } else if (!next.reference && !info.texts_alone) {
    asked.hint("This model needs a picture beside the words. Pick one first.");
  } else {
    go(next);
    asked.away();
  }
}

open();
