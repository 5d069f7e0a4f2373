// The question as the user sees it: reference, words, and what they mean.

import { picture } from "./cards.js";
import { byId, el, shortName } from "./dom.js";

export class Asked {
  constructor(info, { submit, remove }) {
    this.info = info;
    this.remove = remove;
    this.field = byId("text");
    this.field.maxLength = info.limits.text_chars;
    // Long changes wrap, but Enter asks, as in a field of one line.
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      byId("ask").requestSubmit();
    });
    byId("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      submit(this.text());
    });
    this.describe(info);
  }

  describe({ status, images, model }) {
    const count = images.toLocaleString("en");
    byId("subtitle").textContent =
      status === "ready"
        ? `Searching ${count} pictures with ${model}.`
        : `Not ready yet: ${status} …`;
  }

  text() {
    return this.field.value.replace(/\s+/g, " ").trim();
  }

  hint(words) {
    byId("hint").textContent = words;
  }

  focus() {
    this.field.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  // After a search on a phone: its keyboard goes, the results come.
  away() {
    if (!matchMedia("(max-width: 55rem)").matches) return;
    this.field.blur();
    byId("title").scrollIntoView();
  }

  show({ reference, text }, upload) {
    this.hint("");
    this.field.value = text;
    const alone = !reference && this.info.texts_alone;
    byId("text-label").textContent = alone ? "Describe it" : "What to change";
    byId("reference").hidden = !reference;
    byId("well").classList.toggle("filled", Boolean(reference));
    byId("choose-words").textContent = reference
      ? "Or another:"
      : "Drop or paste a picture here";
    byId("reference").replaceChildren(
      ...(reference ? this.reference(reference, upload) : []),
    );
  }

  reference({ id }, upload) {
    const side = Math.min(320, this.info.limits.image_side);
    const name = upload ? upload.name : shortName(id);
    let shown;
    if (upload) {
      // Drawn, not linked: no address of it need be allowed.
      upload.preview.setAttribute("role", "img");
      upload.preview.setAttribute("aria-label", `Your picture ${name}`);
      shown = el("span", { className: "frame" }, upload.preview);
    } else {
      shown = picture(id, side, `Reference ${name}`);
    }
    const words = el("p", { className: "name", title: id ?? name }, name);
    const remove = el(
      "button",
      { type: "button", onclick: this.remove, "aria-label": `Remove ${name}` },
      "Remove",
    );
    return [shown, el("div", {}, words, remove)];
  }

  invitation() {
    const alone = this.info.texts_alone ? ", or describe it in words" : "";
    return `Or send a picture of your own${alone}.`;
  }

  title({ reference, text }) {
    if (!reference) return `“${text}”`;
    return text ? `Like the reference, but “${text}”` : "Like the reference";
  }
}
