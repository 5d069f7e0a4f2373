// The question is in the address, behind #, which browsers never send: it
// can be shared and gone back to, and stays out of every log.

export const FIRST = 24;

export const nothing = () => ({ reference: null, text: "", where: {}, k: FIRST });

export const asksSomething = ({ reference, text }) =>
  reference !== null || text !== "";

export function toHash({ reference, text, where, k }) {
  const parts = new URLSearchParams();
  if (reference?.id !== undefined) parts.set("reference", reference.id);
  if (reference?.upload !== undefined) parts.set("upload", reference.upload);
  if (text) parts.set("text", text);
  if (Object.keys(where).length) parts.set("where", JSON.stringify(where));
  if (k !== FIRST) parts.set("k", k);
  return `#${parts}`;
}

// Throws where somebody has written what is no question.
export function fromHash(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const question = nothing();
  if (parts.has("reference")) question.reference = { id: parts.get("reference") };
  else if (parts.has("upload")) {
    question.reference = { upload: Number(parts.get("upload")) };
  }
  question.text = parts.get("text") ?? "";
  if (parts.has("where")) question.where = JSON.parse(parts.get("where"));
  if (parts.has("k")) question.k = Number(parts.get("k"));
  const { where, k } = question;
  if (where === null || typeof where !== "object" || Array.isArray(where)) {
    throw new Error("where");
  }
  if (!Number.isInteger(k) || k < 1) throw new Error("k");
  return question;
}
