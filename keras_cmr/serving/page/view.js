// What stands where the results are: pictures to begin from, a search that
// is on its way, hits, none, or what went wrong.

import { advice } from "./advice.js";
import { card, skeletons } from "./cards.js";
import { byId, say } from "./dom.js";
import { clearNotice, notice } from "./notice.js";

const SLOW = 1000;
const VERY_SLOW = 4000;
let timers = [];

export function heading(title, note = "") {
  byId("title").textContent = title;
  byId("note").textContent = note;
  byId("others").hidden = true;
  byId("more").hidden = true;
}

// `keep`: the pictures that are there stay, as more are asked for.
export function waiting(title, count, keep, cancel) {
  clearNotice();
  heading(title, keep ? byId("note").textContent : "Searching …");
  const hits = byId("hits");
  hits.setAttribute("aria-busy", "true");
  if (keep) hits.append(...skeletons(Math.min(count, 6)));
  else hits.replaceChildren(...skeletons(Math.min(count, 12)));
  const tell = (words) => {
    const kind = "slow";
    notice({ title: words, kind }, [["Cancel", cancel, null]]);
    say(words);
  };
  settled();
  timers = [
    setTimeout(() => tell("Still searching …"), SLOW),
    setTimeout(
      () => tell("Still searching: the server is slow or busy"),
      VERY_SLOW,
    ),
  ];
}

// Pictures to begin from are on their way; what is there stays until then.
export function fetching(title, note) {
  clearNotice();
  heading(title, note);
  byId("hits").setAttribute("aria-busy", "true");
}

// The wait is over, however it ended.
export function settled() {
  timers.forEach(clearTimeout);
  timers = [];
}

function place(pictures, side, pick) {
  settled();
  clearNotice();
  byId("hits").removeAttribute("aria-busy");
  byId("hits").replaceChildren(...pictures.map((p) => card(p, side, pick)));
}

export function showStart(images, title, note, side, pick) {
  place(images, side, pick);
  heading(title, note);
  byId("others").hidden = !images.length;
}

export function showHits(answer, title, side, pick, more) {
  const { hits, reason, seconds } = answer;
  place(hits, side, pick);
  const count = hits.length === 1 ? "1 picture" : `${hits.length} pictures`;
  const why = reason ? `: ${reason}` : "";
  heading(title, `${count} in ${seconds.total.toFixed(2)} s${why}`);
  byId("more").hidden = !more;
  const best = hits[0];
  say(`${count}. The best is ${best.id}, score ${best.score.toFixed(3)}.`);
}

export function showNone(title, reason, actions) {
  place([], 0, null);
  heading(title);
  const sentence = reason ? `The server says: ${reason}.` : "";
  const todo = actions.length
    ? "None meets all the filters at once."
    : "Try other words or another picture.";
  notice({ title: "No picture fits", sentence, todo, kind: "none" }, actions);
  say(`No picture fits. ${sentence}`);
}

export function showFailure(failure, title, again) {
  place([], 0, null);
  heading(title);
  const told = advice(failure);
  notice(told, told.again ? [["Try again", again, told.wait]] : []);
}

export function showStopped(title, again) {
  place([], 0, null);
  heading(title);
  const words = { title: "The search was cancelled", kind: "none" };
  notice(words, [["Search again", again, null]]);
  say(words.title);
}
