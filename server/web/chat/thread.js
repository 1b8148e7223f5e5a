// What was said, drawn: messages, thoughts, calls and their results, and an answer while it comes.

import { button, fill, h, put } from "../dom.js";
import { Growing, markdown } from "../markdown.js";

/** Items of a conversation as turns: {role, items}. What the model thought, called and said stands in one turn. */
export function turns(items) {
  const found = [];
  for (const item of items) {
    const role = item.type === "message" && item.role === "user" ? "user" : item.type === "function_call_output" ? "tool" : "model";
    const last = found[found.length - 1];
    if (last && role === "model" && last.role === "model") last.items.push(item);
    else found.push({ role, items: [item] });
  }
  return found;
}

/** The text of a message's parts. */
export function words(item) {
  if (typeof item.content === "string") return item.content;
  return (item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join("");
}

/** What is said in its place in other words: the pictures stay. */
export function reworded(item, text) {
  const pictures = Array.isArray(item.content) ? item.content.filter(({ type }) => type === "input_image") : [];
  return pictures.length ? [{ type: "input_text", text }, ...pictures] : text;
}

/** A turn of the user, with what may be done with it. */
export function userTurn(item, edit) {
  const pictures = (Array.isArray(item.content) ? item.content : []).filter((part) => part.type === "input_image" && /^data:image\//.test(part.image_url ?? ""));
  return h("article", { class: "message user", "aria-label": "You" }, h("div", { class: "text", dir: "auto" }, words(item)),
    pictures.map((part) => h("img", { src: part.image_url, alt: "A picture that was sent", width: 160 })),
    h("div", { class: "under" }, button("Edit", edit, { class: "plain" })));
}

/** The result of a tool. */
export function toolTurn(item) {
  return h("article", { class: "message", "aria-label": "Result of a tool" },
    h("div", { class: "call" }, h("small", {}, "result"), h("pre", { class: "wrap" }, typeof item.output === "string" ? item.output : JSON.stringify(item.output))));
}

/** A turn of the model: of items that are there, or that come in events. */
export class ModelTurn {
  constructor(name, { cite, result } = {}) {
    this.cite = cite;
    this.result = result;
    this.text = "";
    this.parts = h("div");
    this.under = h("div", { class: "under" });
    this.node = h("article", { class: "message model", "aria-label": name }, h("div", { class: "who" }, name), this.parts, this.under);
    this.making = null; // the item that grows: {draw, text}
    this.wanted = 0; // the frame in which what has come is drawn
  }

  /** Draws items that are complete. */
  show(items) {
    for (const item of items) {
      if (item.type === "reasoning") this.thought(false).draw(words({ content: item.content?.length ? item.content : item.summary }));
      else if (item.type === "function_call") this.call(item).draw(item.arguments);
      else if (item.type === "file_search_call") this.searched(item);
      else {
        const part = h("div", { class: "text", dir: "auto" }, markdown(words(item)));
        put(this.parts, part, this.cited(item));
        this.text += words(item);
      }
    }
    return this;
  }

  /** Takes one event of the stream. */
  take({ type, item, delta }) {
    if (type === "response.output_item.added") this.making = this.begun(item);
    else if (type.endsWith(".delta") && this.making && typeof delta === "string") {
      this.making.text += delta;
      if (type === "response.output_text.delta") this.text += delta;
      this.wanted ||= requestAnimationFrame(() => this.draw());
    } else if (type === "response.output_item.done") {
      this.draw();
      this.making?.done?.(item);
      this.making = null;
    }
  }

  draw() {
    cancelAnimationFrame(this.wanted);
    this.wanted = 0;
    this.making?.draw(this.making.text);
  }

  begun(item) {
    if (item.type === "reasoning") return this.thought(true);
    if (item.type === "function_call") return this.call(item);
    if (item.type === "file_search_call") return { text: "", draw() {}, done: (whole) => this.searched(whole) };
    const node = h("div", { class: "text wait", dir: "auto" });
    put(this.parts, node);
    const growing = new Growing(node);
    return { text: "", draw: (text) => growing.draw(text), done: (whole) => (node.classList.remove("wait"), put(this.parts, this.cited(whole))) };
  }

  thought(open) {
    const node = h("div");
    const box = h("details", { class: "thought", open }, h("summary", {}, "Thought"), node);
    put(this.parts, box);
    const growing = new Growing(node);
    return { text: "", draw: (text) => growing.draw(text), done: () => (box.open = false) };
  }

  call(item) {
    const written = h("pre", { class: "wrap" });
    const box = h("div", { class: "call" }, h("small", {}, "calls "), h("code", {}, item.name), written);
    put(this.parts, box);
    const draw = (text) => fill(written, pretty(text));
    return { text: "", draw, done: (whole) => this.result && put(box, this.result(whole)) };
  }

  searched(item) {
    const count = item.results?.length;
    put(this.parts, h("p", { class: "soft" }, `Searched the documents for ${(item.queries ?? []).map((one) => `“${one}”`).join(", ") || "this"}${count === undefined ? "" : `: ${count} passages`}.`));
  }

  /** The documents that an answer names, each a button that opens the passage. */
  cited(item) {
    const notes = (Array.isArray(item?.content) ? item.content : []).flatMap((part) => part.annotations ?? []).filter((one) => one.file_id);
    const files = [...new Map(notes.map((one) => [one.file_id, one])).values()];
    if (!files.length) return null;
    return h("div", { class: "files" }, files.map((one, at) => button(`[${at + 1}] ${one.filename ?? one.file_id}`, () => this.cite?.(one), { class: "plain" })));
  }

  /** What it cost, and what may be done with it. */
  close(facts, deeds) {
    for (const node of this.parts.querySelectorAll(".wait")) node.classList.remove("wait");
    fill(this.under, facts.filter(Boolean).map((fact) => h("span", {}, fact)), deeds);
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
