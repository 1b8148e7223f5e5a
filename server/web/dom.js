// Building nodes. Text reaches the page through textContent alone, here and nowhere else: nothing in this program
// parses a string as markup.

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Text as it may be shown: control and direction characters, which could make it look like something else, are named. */
export function visible(text) {
  return String(text).replace(HIDDEN, (sign) => `\u2423${sign.codePointAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * An element. `traits` are properties; `class`, `data-…`, `aria-…`, `role` and `for` become attributes, `on…` listeners.
 * Children are nodes, strings, or nothing.
 */
export function h(tag, traits = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (/^(class|role|for|list|data-.*|aria-.*)$/.test(name)) value === false || element.setAttribute(name, value);
    else element[name] = value;
  }
  put(element, ...children);
  return element;
}

/** Adds children at the end of a node. */
export function put(node, ...children) {
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

/** Puts these children in the place of all that a node has. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, ...children);
}

/** A button. */
export function button(label, act, traits = {}) {
  return h("button", { type: "button", onclick: act, ...traits }, label);
}

/** A labelled control of a form. */
export function field(label, control, hint) {
  const id = (control.id ||= `f${Math.random().toString(36).slice(2)}`);
  const told = hint && h("small", { id: `${id}-hint` }, hint);
  if (told) control.setAttribute("aria-describedby", told.id);
  return h("div", { class: "field" }, h("label", { for: id }, label), control, told);
}

/** A table whose cells are nodes or text; `headings` stand above. */
export function table(headings, rows) {
  return h(
    "div",
    { class: "scroll", tabIndex: 0, role: "group" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, headings.map((one) => h("th", { scope: "col" }, one)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))),
    ),
  );
}

/** A modal dialog that removes itself; resolves with what `close` is given. */
export function dialog(title, make) {
  return new Promise((resolve) => {
    let result;
    const box = h("dialog", { "aria-label": title, onclose: () => (box.remove(), resolve(result)) });
    const close = (value) => ((result = value), box.close());
    put(box, h("h2", {}, title), make(close));
    document.body.append(box);
    box.showModal();
  });
}

/** Asks before something that cannot be undone. */
export function sure(question, deed) {
  return dialog(question, (close) =>
    h("div", { class: "row end" }, button("Keep", () => close(false)), button(deed, () => close(true), { class: "bad" })),
  );
}

/** A line at the edge of the page that goes by itself; errors stay until they are closed. */
export function notice(text, kind = "good") {
  const place = document.getElementById("notices");
  const line = h("div", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status" }, text);
  line.append(button("×", () => line.remove(), { "aria-label": "Close", class: "plain" }));
  place.append(line);
  if (kind !== "bad") setTimeout(() => line.remove(), 4000);
}

/** Bytes as people read them. */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) (bytes /= 1000), at++;
  return `${bytes >= 100 || at === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[at]}`;
}

/** A moment, given in seconds since 1970. */
export function moment(seconds) {
  return seconds ? new Date(seconds * 1000).toLocaleString() : "–";
}
