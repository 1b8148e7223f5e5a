// Markdown as nodes: headings, paragraphs, lists, quotes, code, tables, rules; emphasis, code, links to the web.
// HTML is text like any other. Links other than http and https are text, and images are their words.

import { h, put, visible } from "./dom.js";
import { copying } from "./take.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(\s+)(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const DELIMITER = /^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/;
const DEEPEST = 8;

/** The nodes of a text. */
export function markdown(text) {
  const part = document.createDocumentFragment();
  for (const block of blocks(String(text).split(/\r?\n/))) part.append(drawn(block, 0));
  return part;
}

/** Draws a text that grows into a node. Blocks that are complete are drawn once, only the last one again and again. */
export class Growing {
  constructor(node) {
    this.node = node;
    this.text = "";
    this.settled = 0; // characters whose blocks are complete and drawn
    this.tail = []; // the nodes of what comes after
  }

  /** The whole text, which begins with what it was before. */
  draw(text) {
    if (!text.startsWith(this.text)) {
      this.node.replaceChildren();
      this.settled = 0;
      this.tail = [];
    }
    this.text = text;
    for (const node of this.tail) node.remove();
    const rest = text.slice(this.settled);
    const found = blocks(rest.split("\n"));
    const last = found.pop();
    for (const block of found) this.node.append(drawn(block, 0));
    if (!last) return void (this.tail = []);
    const lines = rest.split("\n");
    this.settled += lines.slice(0, last.from).reduce((sum, line) => sum + line.length + 1, 0);
    this.tail = [drawn(last, 0)];
    put(this.node, this.tail);
  }
}

/** Lines become blocks: {kind, from, lines, …}; `from` is the number of the first line. */
function blocks(lines) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at++;
      continue;
    }
    const block = fence(lines, at) ?? heading(lines, at) ?? rule(lines, at) ?? list(lines, at) ?? quote(lines, at) ??
      rows(lines, at) ?? paragraph(lines, at);
    found.push({ ...block, from: at });
    at += block.taken;
  }
  return found;
}

function fence(lines, at) {
  const opened = FENCE.exec(lines[at]);
  if (!opened) return null;
  const [, mark, language] = opened;
  const end = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}\\s*$`);
  let to = at + 1;
  while (to < lines.length && !end.test(lines[to])) to++;
  return { kind: "code", language, text: lines.slice(at + 1, to).join("\n"), taken: to - at + 1 };
}

function heading(lines, at) {
  const found = HEADING.exec(lines[at]);
  return found && { kind: "heading", level: found[1].length, text: unclosed(found[2].trimEnd()).trimEnd(), taken: 1 };
}

/** A heading's text without the signs that close it. Not by a pattern: one that looks from the left tries every space. */
function unclosed(text) {
  let end = text.length;
  while (text[end - 1] === "#") end--;
  return text.slice(0, end);
}

function rule(lines, at) {
  return RULE.test(lines[at]) ? { kind: "rule", taken: 1 } : null;
}

function list(lines, at) {
  const first = ITEM.exec(lines[at]);
  if (!first) return null;
  const ordered = /\d/.test(first[2]);
  const items = [];
  let to = at;
  while (to < lines.length) {
    const item = ITEM.exec(lines[to]);
    if (!item || item[1].length > first[1].length + 1 || /\d/.test(item[2]) !== ordered || RULE.test(lines[to])) break;
    const inner = item[1].length + item[2].length + Math.min(item[3].length, 4);
    const own = [item[4]];
    to++;
    while (to < lines.length && belongs(lines, to, first[1].length)) own.push(dedented(lines[to++], inner));
    while (own.length && !own[own.length - 1].trim()) own.pop();
    items.push(own);
    while (to < lines.length && !lines[to].trim() && ITEM.test(lines[to + 1] ?? "")) to++;
  }
  return { kind: "list", ordered, start: ordered ? parseInt(first[2], 10) : 1, items, taken: to - at };
}

function dedented(line, most) {
  return line.slice(Math.min(most, line.length - line.trimStart().length));
}

/** Whether a line goes on with the item above: it is indented, or empty before such a line, or just goes on. */
function belongs(lines, at, outer) {
  const line = lines[at];
  const indent = line.length - line.trimStart().length;
  if (!line.trim()) {
    const next = lines[at + 1] ?? "";
    return Boolean(next.trim()) && next.length - next.trimStart().length > outer && !(ITEM.exec(next)?.[1].length <= outer);
  }
  if (indent > outer + 1) return true;
  return !ITEM.test(line) && !begins(line) && Boolean((lines[at - 1] ?? "").trim());
}

function begins(line) {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line);
}

function quote(lines, at) {
  let to = at;
  const own = [];
  while (to < lines.length && QUOTE.test(lines[to])) own.push(QUOTE.exec(lines[to++])[1]);
  return own.length ? { kind: "quote", lines: own, taken: own.length } : null;
}

function rows(lines, at) {
  if (!lines[at].includes("|") || !DELIMITER.test(lines[at + 1] ?? "") || !lines[at + 1].includes("-")) return null;
  const heads = cells(lines[at]);
  const sides = cells(lines[at + 1]).map((cell) => (/^:.*:$/.test(cell) ? "center" : /:$/.test(cell) ? "right" : "left"));
  if (heads.length !== sides.length) return null;
  let to = at + 2;
  const found = [];
  while (to < lines.length && lines[to].trim() && lines[to].includes("|")) found.push(cells(lines[to++]));
  return { kind: "table", heads, sides, rows: found, taken: to - at };
}

function cells(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at) {
  let to = at + 1;
  while (to < lines.length && lines[to].trim() && !begins(lines[to]) && !ITEM.test(lines[to])) to++;
  return { kind: "text", text: lines.slice(at, to).join("\n"), taken: to - at };
}

function drawn(block, depth) {
  switch (block.kind) {
    case "code": return code(block);
    case "heading": return h(`h${Math.min(6, block.level + 2)}`, {}, spans(block.text));
    case "rule": return h("hr");
    case "quote": return h("blockquote", {}, inside(block.lines, depth));
    case "list": return h(block.ordered ? "ol" : "ul", block.ordered ? { start: block.start } : {},
      block.items.map((lines) => h("li", {}, inside(lines, depth))));
    case "table": return tabular(block);
    default: return h("p", {}, spans(block.text));
  }
}

/** What stands within an item or a quote; what is too deep is text. */
function inside(lines, depth) {
  if (depth >= DEEPEST) return [h("p", {}, lines.join("\n"))];
  const found = blocks(lines);
  if (found.length === 1 && found[0].kind === "text") return spans(found[0].text);
  return found.map((block) => drawn(block, depth + 1));
}

function code(block) {
  const text = h("code", {}, block.text);
  const copy = copying(() => block.text, { class: "plain copy" });
  return h("div", { class: "code" }, h("div", { class: "head" }, h("span", {}, block.language || "code"), copy),
    h("pre", { tabIndex: 0 }, text));
}

function tabular({ heads, sides, rows }) {
  const cell = (tag, text, at) => h(tag, { class: `to-${sides[at] ?? "left"}` }, spans(text ?? ""));
  return h("div", { class: "scroll", tabIndex: 0 }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((text, at) => cell("th", text, at)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, heads.map((_, at) => cell("td", row[at], at)))))));
}

// In a line: the first of these that matches at the earliest place is taken; what is inside is read the same way.
// Stars and lines before a mark count unless a backslash makes them text.
const MARKS = [
  [/\\([\\`*_{}[\]()#+\-.!|~<>])/g, (found) => found[1]],
  [/(`{1,8})([\s\S]{0,4000}?[^`])\1(?!`)/g, (found) => h("code", {}, found[2].trim() || found[2])],
  [/!?\[([^\]\n]{0,500})\]\(\s*<?([^\s()<>]{1,2000})>?(?:\s+"[^"\n]*")?\s*\)/g, link],
  [/<(https?:\/\/[^\s<>]{1,2000})>/g, (found) => anchor(found[1], [found[1]])],
  [/\*\*(?=\S)([\s\S]{0,2000}?\S)\*\*(?!\*)/g, (found, deep) => h("strong", {}, spans(found[1], deep))],
  [/(?<![^\W_]|(?<!\\)_)__(?=\S)([\s\S]{0,2000}?\S)__(?![\w_])/g, (found, deep) => h("strong", {}, spans(found[1], deep))],
  [/~~(?=\S)([\s\S]{0,2000}?\S)~~/g, (found, deep) => h("s", {}, spans(found[1], deep))],
  [/(?<!(?<!\\)\*)\*(?=[^\s*])([^*]{0,2000}?[^\s*])\*(?!\*)/g, (found, deep) => h("em", {}, spans(found[1], deep))],
  [/(?<![^\W_]|(?<!\\)_)_(?=[^\s_])([^_]{0,2000}?[^\s_])_(?![\w_])/g, (found, deep) => h("em", {}, spans(found[1], deep))],
  [/https?:\/\/[^\s<>"'`]{1,2000}[^\s<>"'`.,;:!?)\]}]/g, (found) => anchor(found[0], [found[0]])],
];
const LONGEST = 20_000; // characters of a line's text that are searched for marks

/** The nodes of a text within a block. */
function spans(text, depth = 0) {
  if (depth >= DEEPEST || text.length > LONGEST) return [text];
  const found = [];
  const coming = MARKS.map(() => undefined); // of each pattern its next match; null when there is none any more
  let at = 0;
  for (;;) {
    const next = earliest(text, at, coming);
    if (!next) return [...found, ...broken(text.slice(at))];
    const [match, make] = next;
    if (match.index > at) found.push(...broken(text.slice(at, match.index)));
    found.push(make(match, depth + 1));
    at = match.index + match[0].length;
  }
}

/** A pattern is searched for again only when its last match lies behind: else each mark would cost the rest of the text. */
function earliest(text, at, coming) {
  let best = null;
  for (const [which, [mark, make]] of MARKS.entries()) {
    if (coming[which] === undefined || coming[which]?.index < at) {
      mark.lastIndex = at;
      coming[which] = mark.exec(text);
    }
    const match = coming[which];
    if (match && (!best || match.index < best[0].index)) best = [match, make];
  }
  return best;
}

/** Two spaces or a backslash at the end of a line break it. */
function broken(text) {
  return text.split(/(?: {2,}|\\)\n/).flatMap((part, at) => (at ? [h("br"), part] : [part]));
}

function link([whole, words, target], deep) {
  if (whole.startsWith("!")) return `[${words}]`;
  return anchor(target, spans(words, deep)) ?? whole;
}

/** A link that leads out, in a tab of its own and without a word of where it was; null for what is not on the web. */
function anchor(target, children) {
  let url;
  try {
    url = new URL(target);
  } catch {
    return visible(`${target}`) === target && children.length ? h("span", {}, children) : null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return h("span", {}, children);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", title: visible(url.href) }, children);
}
