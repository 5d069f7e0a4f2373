// Pictures with what is known of them.

import { pictureAddress } from "./api.js";
import { el, shortName, shown } from "./dom.js";

const FACTS = 3;

export function picture(id, side, alt = id) {
  const frame = el("span", { className: "frame" });
  const missing = () => {
    frame.classList.add("bare");
    frame.replaceChildren(el("span", {}, "No picture"));
  };
  if (!side) {
    missing();
    return frame;
  }
  const image = el("img", {
    alt,
    loading: "lazy",
    decoding: "async",
    draggable: false,
    onerror: missing,
    src: pictureAddress(id, side),
  });
  frame.append(image);
  return frame;
}

// A hit has rank and score; a picture to begin from has neither.
// Without a file, nobody can go on from it.
export function card(hit, side, pick) {
  const name = shortName(hit.id);
  const bare = hit.picture === false;
  const ranked = hit.rank !== undefined;
  const score = ranked ? hit.score.toFixed(3) : "";
  const place = ranked ? `, rank ${hit.rank}, score ${score}` : "";
  const button = el(
    "button",
    {
      type: "button",
      className: "pick",
      title: hit.id,
      disabled: bare,
      "aria-label": `Go on from ${name}${place}`,
      onclick: () => pick(hit),
    },
    picture(hit.id, bare ? 0 : side),
  );
  const item = el("li", { className: "hit" }, button);
  if (ranked) {
    const words = "Cosine of question and picture, at most 1";
    item.append(
      el(
        "p",
        { className: "place" },
        el("span", {}, String(hit.rank)),
        el("span", { title: words }, score),
      ),
    );
  }
  item.append(el("p", { className: "name", title: hit.id }, name));
  // What begins with "_" is for programs.
  const entries = Object.entries(hit.metadata).filter(
    ([key]) => !key.startsWith("_"),
  );
  if (entries.length) item.append(facts(entries.slice(0, FACTS)));
  if (entries.length > FACTS) {
    item.append(
      el(
        "details",
        { className: "rest" },
        el("summary", {}, `${entries.length - FACTS} more`),
        facts(entries.slice(FACTS)),
      ),
    );
  }
  return item;
}

function facts(entries) {
  const rows = entries.map(([key, value]) =>
    el(
      "div",
      {},
      el("dt", {}, key),
      el("dd", { title: shown(value) }, shown(value)),
    ),
  );
  return el("dl", { className: "facts" }, ...rows);
}

export function skeletons(count) {
  return Array.from({ length: count }, () =>
    el(
      "li",
      { className: "hit skeleton", "aria-hidden": "true" },
      el("span", { className: "frame" }),
      el("span", { className: "line" }),
    ),
  );
}
