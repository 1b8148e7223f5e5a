// Files for a chat: pictures go along with the message, documents into a store that the model searches.

import { call, get, post, remove } from "../api.js";
import { button, dialog, fill, h, notice } from "../dom.js";

const PICTURE = /^image\/(png|jpeg|webp|gif)$/;
const nothing = () => ({ pictures: [], documents: [], store: null, making: null });

export class Files {
  constructor() {
    this.attached = nothing(); // another object in another conversation: what comes late is put to its own
    this.node = h("div", { class: "files" });
    this.chosen = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.add(this.chosen.files) });
    this.open = button("Attach", () => this.chosen.click(), { class: "plain", title: "Pictures and documents; or drop them on the page" });
  }

  async add(files) {
    const { attached } = this;
    const all = [...files];
    this.chosen.value = "";
    for (const file of all) {
      if (this.attached !== attached) return;
      try {
        if (PICTURE.test(file.type)) attached.pictures.push({ name: file.name, url: await dataUrl(file) });
        else if (file.type.startsWith("image/")) throw new Error("A picture may be PNG, JPEG, GIF or WebP.");
        else await this.index(file, attached);
      } catch (error) {
        notice(`${file.name}: ${error.message}`, "bad");
      }
      this.draw();
    }
  }

  async index(file, attached) {
    const entry = { name: file.name, state: "sending" };
    const gone = () => this.attached !== attached || !attached.documents.includes(entry);
    attached.documents.push(entry);
    this.draw();
    try {
      const form = new FormData();
      form.append("purpose", "assistants");
      form.append("file", file, file.name);
      entry.id = (await post("/v1/files", form)).id;
      if (!attached.store) await (attached.making ??= made(attached));
      if (gone()) return;
      entry.state = "reading";
      this.draw();
      const place = `/v1/vector_stores/${attached.store}/files`;
      await post(place, { file_id: entry.id });
      entry.place = `${place}/${entry.id}`;
      if (gone()) return void (await remove(entry.place));
      for (;;) {
        const now = await get(entry.place);
        if (now.status === "failed" || now.status === "cancelled") throw new Error(now.last_error?.message ?? "It could not be read.");
        if (now.status === "completed" || gone()) break;
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      entry.state = "ready";
    } catch (error) {
      if (gone()) return;
      attached.documents.splice(attached.documents.indexOf(entry), 1);
      throw error;
    }
  }

  /** Takes a document out of what the model searches. The file stays, for the answers that name it. */
  async leave(entry) {
    const { documents } = this.attached;
    documents.splice(documents.indexOf(entry), 1);
    this.draw();
    if (entry.place) await remove(entry.place);
  }

  draw() {
    const { pictures, documents } = this.attached;
    const without = (name, act) => button("×", act, { class: "plain", "aria-label": `Leave out ${name}` });
    fill(this.node,
      pictures.map((one) => h("span", { class: "chip" }, `picture ${one.name}`, without(one.name, () => (pictures.splice(pictures.indexOf(one), 1), this.draw())))),
      documents.map((one) => h("span", { class: `chip ${one.state === "ready" ? "good" : "warn"}` }, `${one.name}: ${one.state}`, without(one.name, () => this.leave(one)))));
  }

  /** What is to be sent with a text: its content, and tools. */
  content(text) {
    const { pictures } = this.attached;
    if (!pictures.length) return text;
    return [{ type: "input_text", text }, ...pictures.map(({ url }) => ({ type: "input_image", image_url: url }))];
  }

  get tools() {
    const { documents, store } = this.attached;
    return documents.some(({ state }) => state === "ready") ? [{ type: "file_search", vector_store_ids: [store] }] : [];
  }

  /** After a message was sent its pictures are its own; documents stay. */
  sent() {
    this.attached.pictures = [];
    this.draw();
  }

  /** For another conversation: what was attached stays behind. */
  clear() {
    this.attached = nothing();
    this.draw();
  }
}

/** Makes the store for what is attached: one, though documents come at the same time. */
async function made(attached) {
  try {
    attached.store = (await post("/v1/vector_stores", { name: `Files of a chat, ${new Date().toLocaleString()}` })).id;
  } finally {
    attached.making = null;
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
