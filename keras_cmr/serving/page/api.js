// What the server is asked, and what comes back when it refuses.

export class Failure extends Error {
  constructor(status, sentence, wait = null) {
    super(sentence);
    this.status = status; // 0: no answer at all
    this.wait = wait; // seconds
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "");
  }
  // A proxy before the server may answer with a page of its own.
  let body = null;
  try {
    body = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (answer.ok && body) return body;
  const wait = Number(answer.headers.get("Retry-After"));
  const sentence = typeof body?.error === "string" ? body.error : "";
  throw new Failure(answer.status, sentence, wait > 0 ? wait : null);
}

export const about = () => ask("about");

export function gallery(k, seed, where, signal) {
  const asked = new URLSearchParams({ k, seed });
  if (Object.keys(where).length) asked.set("where", JSON.stringify(where));
  return ask(`gallery?${asked}`, { signal });
}

export function search({ reference, text, where, k }, upload, signal) {
  const filtered = Object.keys(where).length > 0;
  if (upload) {
    const form = new FormData();
    form.set("image", upload.blob, "picture");
    form.set("k", k);
    if (text) form.set("text", text);
    if (filtered) form.set("where", JSON.stringify(where));
    return ask("search", { method: "POST", body: form, signal });
  }
  const asked = { k };
  if (reference) asked.reference_id = reference.id;
  if (text) asked.text = text;
  if (filtered) asked.where = where;
  return ask("search", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
    signal,
  });
}

export function pictureAddress(id, side) {
  return `images?${new URLSearchParams({ id, side })}`;
}
