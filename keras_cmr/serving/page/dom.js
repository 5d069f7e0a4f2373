// Elements from words. Ids and metadata are anybody's text: they become text
// nodes and attributes here, and nothing on this page is ever parsed as HTML.

export const byId = (id) => document.getElementById(id);

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Where ids are paths, their ends tell them apart.
export function shortName(id) {
  return id.split(/[\\/]/).filter(Boolean).pop() ?? id;
}

export function shown(value) {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return JSON.stringify(value);
}

// What a screen reader says, without a change of focus.
export function say(words) {
  byId("live").textContent = words;
}
