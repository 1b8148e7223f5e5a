// Files for a chat: pictures go along with the message, documents into a store that the model searches.

import { call, get, post } from "../api.js";
import { button, dialog, fill, h, notice } from "../dom.js";

const PICTURE = /^image\/(png|jpeg|webp|gif|bmp)$/;

export class Files {
  constructor() {
    this.pictures = [];
    this.documents = [];
    this.store = null;
    this.node = h("div", { class: "files" });
    this.chosen = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.add(this.chosen.files) });
    this.open = button("Attach", () => this.chosen.click(), { class: "plain", title: "Pictures and documents; or drop them on the page" });
  }

  async add(files) {
    for (const file of files) {
      try {
        if (PICTURE.test(file.type)) this.pictures.push({ name: file.name, url: await dataUrl(file) });
        else await this.index(file);
      } catch (error) {
        notice(`${file.name}: ${error.message}`, "bad");
      }
      this.draw();
    }
    this.chosen.value = "";
  }

  async index(file) {
    const entry = { name: file.name, state: "sending" };
    this.documents.push(entry);
    this.draw();
    try {
      const form = new FormData();
      form.append("purpose", "assistants");
      form.append("file", file, file.name);
      entry.id = (await post("/v1/files", form)).id;
      this.store ??= (await post("/v1/vector_stores", { name: `Files of a chat, ${new Date().toLocaleString()}` })).id;
      entry.state = "reading";
      this.draw();
      await post(`/v1/vector_stores/${this.store}/files`, { file_id: entry.id });
      for (;;) {
        const now = await get(`/v1/vector_stores/${this.store}/files/${entry.id}`);
        if (now.status === "failed" || now.status === "cancelled") throw new Error(now.last_error?.message ?? "It could not be read.");
        if (now.status === "completed") break;
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      entry.state = "ready";
    } catch (error) {
      this.documents.splice(this.documents.indexOf(entry), 1);
      throw error;
    }
  }

  draw() {
    const without = (list, one) => () => (list.splice(list.indexOf(one), 1), this.draw());
    fill(this.node,
      this.pictures.map((one) => h("span", { class: "chip" }, `picture ${one.name}`, button("×", without(this.pictures, one), { class: "plain", "aria-label": `Leave out ${one.name}` }))),
      this.documents.map((one) => h("span", { class: `chip ${one.state === "ready" ? "good" : "warn"}` }, `${one.name}: ${one.state}`)));
  }

  /** What is to be sent with a text: its content, and tools. */
  content(text) {
    if (!this.pictures.length) return text;
    return [{ type: "input_text", text }, ...this.pictures.map(({ url }) => ({ type: "input_image", image_url: url }))];
  }

  get tools() {
    return this.documents.some(({ state }) => state === "ready") ? [{ type: "file_search", vector_store_ids: [this.store] }] : [];
  }

  /** After a message was sent its pictures are its own; documents stay. */
  sent() {
    this.pictures = [];
    this.draw();
  }
}

/** Shows where in a document an answer comes from: the passages found for it, else the document's text. */
export async function showPassage(note, searched) {
  const passages = (searched ?? []).filter((one) => one.file_id === note.file_id);
  let texts = passages.map((one) => one.text);
  if (!texts.length) texts = [(await (await call("GET", `/v1/files/${note.file_id}/content`)).text()).slice(0, 20_000)];
  return dialog(note.filename ?? note.file_id, (close) => h("div", {}, texts.map((text) => h("blockquote", { class: "wrap" }, text)),
    h("div", { class: "row end" }, button("Close", () => close(), { class: "main" }))));
}

const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("It cannot be read."));
    reader.readAsDataURL(file);
  });
