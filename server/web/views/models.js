// The models: what each is, whether it is loaded, what it takes, who uses it.

import { get, post, remove } from "../api.js";
import { button, fill, h, notice, put, size, sure } from "../dom.js";
import { adding } from "./pull.js";

export async function view(main, house) {
  const may = house.me.rights.includes("models");
  const cards = h("div", { class: "grid" });
  const top = h("div", { class: "row" }, h("div", { class: "grow" }, h("h1", {}, "Models"),
    h("p", { class: "soft" }, may ? "A model loads when it is first asked, or here." : "Your key may use these; it lacks the right to load and unload.")));
  if (may) top.append(button("Add a model …", async () => (await adding(), again())));
  put(main, h("div", { class: "view" }, top, cards));
  const drawn = new Map();
  let requests = [];

  async function show() {
    fill(cards, h("p", { class: "soft" }, "Looking …"));
    await house.refresh();
    fill(cards);
    drawn.clear();
    if (!house.models.length) {
      put(cards, h("div", { class: "empty" }, h("p", {}, "No models yet."),
        h("p", {}, "Run ", h("code", {}, "llm-api models add FILE"), " where the server runs, or add one from a hub here.")));
    }
    for (const model of house.models) {
      const card = new ModelCard(model, may, house);
      drawn.set(model.id, card);
      put(cards, card.node);
    }
    for (const [id, card] of drawn) card.update(house.states[id], requests.filter((one) => one.model === id));
  }

  function update(states) {
    const names = Object.keys(states);
    if (names.length && (names.length !== drawn.size || names.some((name) => !drawn.has(name)))) return void again();
    for (const [id, card] of drawn) card.update(states[id], requests.filter((one) => one.model === id));
  }

  let drawing = null;
  function again() {
    drawing ??= show().finally(() => (drawing = null));
    return drawing;
  }

  const follow = async () => {
    try {
      requests = (await get("/v1/requests")).data;
      update(house.states);
    } catch { /* the line at the edge says so */ }
  };
  house.listeners.add(update);
  const clock = setInterval(follow, 2000);
  await again();
  await follow();
  return { close: () => clearInterval(clock) };
}

const WORDS = { unloaded: "not loaded", loading: "loading", ready: "loaded", failed: "failed", unloading: "unloading" };
const KINDS = { ready: "good", failed: "bad", loading: "warn", unloading: "warn" };

class ModelCard {
  constructor(model, may, house) {
    this.model = model;
    this.may = may;
    this.state = h("span", { class: "chip" });
    this.progress = h("progress", { max: 100, hidden: true, "aria-label": `Loading ${model.id}` });
    this.trouble = h("p", { class: "trouble", hidden: true });
    this.facts = h("dl", { class: "facts" });
    this.requests = h("div");
    this.load = button("Load", () => this.act("load"), { class: "main", "aria-label": `Load ${model.id}` });
    this.unload = button("Unload", () => this.act("unload"), { "aria-label": `Unload ${model.id}` });
    const about = model.llm_api;
    this.node = h("article", { class: "card", "aria-label": model.id },
      h("div", { class: "row" }, h("h2", { class: "grow" }, model.id), this.state),
      about.description && h("p", { class: "soft" }, about.description), this.progress, this.trouble, this.facts, this.requests,
      h("div", { class: "row end" }, may && this.load, may && this.unload, may && button("Remove", () => this.leave(), { class: "plain", "aria-label": `Remove ${model.id}` }), button("Chat", () => (location.hash = `#/chat/new/${encodeURIComponent(model.id)}`))));
    if (may) get(`/v1/models/${encoded(model.id)}/estimate`).then((found) => ((this.estimate = found), this.update(this.now, this.own ?? [])), () => {});
  }

  update(now, own) {
    now ??= { state: "unloaded" };
    this.now = now;
    this.own = own;
    this.state.className = `chip ${KINDS[now.state] ?? ""}`;
    this.state.textContent = WORDS[now.state] ?? now.state;
    this.progress.hidden = now.state !== "loading";
    if (now.progress !== null && now.progress !== undefined) this.progress.value = now.progress;
    this.trouble.hidden = !now.error;
    this.trouble.textContent = now.error ?? "";
    const about = this.model.llm_api;
    const facts = [
      ["context", about.context && `${about.context.toLocaleString()} tokens`],
      ["for", about.capabilities?.join(", ")],
      ["in memory", now.bytes && size(now.bytes)],
      ["takes", !now.bytes && this.estimate && `about ${size(this.estimate.total)}`],
      ["on the GPU", this.estimate?.gpu && `${this.estimate.gpu_layers} of ${this.estimate.layers} layers`],
      ["now", now.state === "ready" && `${now.running} answering, ${now.waiting} waiting`],
    ];
    fill(this.facts, facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    this.load.hidden = now.state === "ready" || now.state === "loading";
    this.unload.hidden = now.state !== "ready" && now.state !== "loading";
    fill(this.requests, own.map((one) => this.request(one)));
  }

  request(one) {
    return h("div", { class: "row" }, h("span", { class: "grow soft" },
      `${one.key.name ?? one.key.id}: ${one.state}, ${one.generated_tokens} tokens, ${one.seconds.toFixed(0)} s`),
      button("Stop", async () => {
        await remove(`/v1/requests/${encodeURIComponent(one.id)}`);
        notice("Stopped.");
      }, { class: "plain", "aria-label": `Stop the request of ${one.key.name ?? one.key.id}` }));
  }

  async leave() {
    if (!(await sure(`Offer ${this.model.id} no more? Its file stays.`, "Remove"))) return;
    try {
      await remove(`/v1/models/${encoded(this.model.id)}`);
    } catch (error) {
      notice(error.message, "bad");
    }
  }

  async act(deed) {
    const id = encoded(this.model.id);
    if (deed === "unload" && this.now.running && !(await sure(`${this.model.id} is answering. Unload it all the same?`, "Unload"))) return;
    try {
      await post(`/v1/models/${id}/${deed}?${deed === "load" ? "wait=false" : "force=true"}`);
    } catch (error) {
      notice(error.message, "bad");
    }
  }
}

const encoded = (id) => id.split("/").map(encodeURIComponent).join("/");
