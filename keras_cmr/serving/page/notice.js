// A card in place of results: an error, nothing found, a search that stopped.

import { byId, el } from "./dom.js";

let ticking = null;

export function clearNotice() {
  clearInterval(ticking);
  byId("notice").replaceChildren();
}

// `actions`: list of [label, function, seconds to wait or null].
export function notice({ title, sentence, todo, kind = "error" }, actions) {
  clearNotice();
  const card = el("div", {
    className: `notice ${kind}`,
    role: kind === "error" ? "alert" : "group",
  });
  card.append(el("h3", {}, title));
  for (const words of [todo, sentence]) {
    if (words) card.append(el("p", {}, words));
  }
  const buttons = el("div", { className: "buttons" });
  for (const [label, act, wait] of actions) {
    const button = el("button", { type: "button", onclick: act }, label);
    if (wait) countDown(button, label, wait);
    buttons.append(button);
  }
  if (actions.length) card.append(buttons);
  byId("notice").append(card);
}

function countDown(button, label, seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} in ${left} s` : label;
    if (left <= 0) clearInterval(ticking);
  };
  tick();
  ticking = setInterval(tick, 250);
}
