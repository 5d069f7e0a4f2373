// Conditions on metadata: fields for what the gallery has, chips for what is
// in use.

import { byId, el, shown } from "./dom.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const isObject = (value) => value !== null && typeof value === "object";

export class Filters {
  constructor(facets, changed) {
    this.where = {};
    this.changed = changed;
    this.fields = facets.map((facet, place) => this.field(facet, place));
    byId("fields").replaceChildren(...this.fields.map((field) => field.node));
    byId("filters").hidden = !facets.length;
  }

  // Shows a condition that came from elsewhere, such as the address.
  show(where) {
    this.where = where;
    for (const field of this.fields) field.show(where[field.key]);
    const keys = Object.keys(where);
    byId("chips").hidden = !keys.length;
    byId("chips").replaceChildren(...keys.map((key) => this.chip(key)));
  }

  set(key, condition) {
    const where = { ...this.where };
    if (condition === undefined) delete where[key];
    else where[key] = condition;
    if (!same(where, this.where)) this.changed(where);
  }

  chip(key) {
    const words = told(key, this.where[key]);
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          "aria-label": `Without the filter ${words}`,
          onclick: () => this.set(key, undefined),
        },
        words,
        el("span", { "aria-hidden": "true" }, " ×"),
      ),
    );
  }

  field(facet, place) {
    const make = { choice, number, text, list }[facet.kind];
    const set = (condition) => this.set(facet.key, condition);
    return { key: facet.key, ...make(facet, `filter-${place}`, set) };
  }
}

function told(key, condition) {
  if (!isObject(condition)) return `${key}: ${shown(condition)}`;
  if (Array.isArray(condition)) {
    return `${key}: ${condition.map(shown).join(" or ")}`;
  }
  const { $gte: from, $lte: to, $contains: entry, ...others } = condition;
  const words = [key];
  if (from !== undefined) words.push(`from ${from}`);
  if (to !== undefined) words.push(`to ${to}`);
  if (entry !== undefined) words.push(`has ${shown(entry)}`);
  if (Object.keys(others).length) words.push(JSON.stringify(others));
  return words.join(" ");
}

// Each kind of field: its node, and how it shows a condition.

function choice({ key, values }, id, set) {
  const boxes = values.map((value) => el("input", { type: "checkbox" }));
  const read = () => {
    const chosen = values.filter((_, place) => boxes[place].checked);
    set(chosen.length ? chosen : undefined);
  };
  const labels = values.map((value, place) => {
    boxes[place].onchange = read;
    return el("label", {}, boxes[place], el("span", {}, shown(value)));
  });
  const options = el("div", { className: "options" }, ...labels);
  return {
    node: el("fieldset", {}, el("legend", {}, key), options),
    show(condition) {
      const wanted = Array.isArray(condition) ? condition : [condition];
      values.forEach((value, place) => {
        boxes[place].checked = wanted.some((one) => same(one, value));
      });
    },
  };
}

function number({ key, least, most }, id, set) {
  const input = (name, placeholder) =>
    el("input", {
      type: "number",
      step: "any",
      placeholder: String(placeholder),
      "aria-label": `${key} ${name}`,
    });
  const [from, to] = [input("from", least), input("to", most)];
  from.onchange = to.onchange = () => {
    const condition = {};
    if (from.value !== "") condition.$gte = Number(from.value);
    if (to.value !== "") condition.$lte = Number(to.value);
    set(Object.keys(condition).length ? condition : undefined);
  };
  return {
    node: el(
      "fieldset",
      { className: "range" },
      el("legend", {}, key),
      from,
      el("span", {}, "to"),
      to,
    ),
    show(condition) {
      from.value = condition?.$gte ?? "";
      to.value = condition?.$lte ?? "";
    },
  };
}

function text({ key, values }, id, set) {
  // A choice of the list may be a number.
  const meant = (words) => values.find((v) => shown(v) === words) ?? words;
  const input = el("input", {
    type: "text",
    id,
    autocomplete: "off",
    placeholder: "exactly",
    onchange: () => set(input.value === "" ? undefined : meant(input.value)),
  });
  input.setAttribute("list", `${id}-values`);
  const common = values.map((value) => el("option", { value: shown(value) }));
  return {
    node: el(
      "div",
      { className: "field" },
      el("label", { htmlFor: id }, key),
      input,
      el("datalist", { id: `${id}-values` }, ...common),
    ),
    show(condition) {
      const plain = condition !== undefined && !isObject(condition);
      input.value = plain ? shown(condition) : "";
    },
  };
}

function list({ key, values }, id, set) {
  const select = el(
    "select",
    {
      id,
      onchange: () => {
        const value = values[select.selectedIndex - 1];
        set(value === undefined ? undefined : { $contains: value });
      },
    },
    el("option", {}, "any"),
    ...values.map((value) => el("option", {}, shown(value))),
  );
  return {
    node: el(
      "div",
      { className: "field" },
      el("label", { htmlFor: id }, key),
      select,
    ),
    show(condition) {
      const wanted = condition?.$contains;
      select.selectedIndex = 1 + values.findIndex((one) => same(one, wanted));
    },
  };
}
