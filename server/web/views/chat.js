// Chat: the conversations that the server keeps for this key, and the one that is open.

import { call, events, get, order, post, remove } from "../api.js";
import { asCode } from "../chat/code.js";
import { Drawer } from "../chat/drawer.js";
import { Files, showPassage } from "../chat/files.js";
import { ModelTurn, reworded, toolTurn, turns, userTurn, words } from "../chat/thread.js";
import { button, dialog, field, fill, h, notice, put, sure } from "../dom.js";
import { copying, download } from "../take.js";

const WAIT = "Wait for the answer first.";

export async function view(main, house, [id, model]) {
  const chat = new Chat(house);
  put(main, chat.node);
  await chat.go([id, model]);
  return { go: (rest) => chat.go(rest), close: () => chat.stop() };
}

class Chat {
  constructor(house) {
    this.house = house;
    this.here = { id: null, items: [] }; // the conversation that is open: another object whenever one is opened
    this.running = null; // what stops the answer
    this.next = null; // what is to be sent when the answer is done
    this.drawer = new Drawer(house);
    this.files = new Files();
    this.talks = h("ul", { class: "talks" });
    this.more = button("Older ones", () => this.list(this.last), { class: "plain", hidden: true });
    this.ordered = order();
    this.search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search the conversations", oninput: () => this.list() });
    this.said = h("div", { class: "said", role: "log", "aria-label": "Conversation", "aria-live": "off", tabIndex: 0 });
    this.branch = h("select", { "aria-label": "Branch", hidden: true, onchange: () => this.turnTo(this.branch.value) });
    this.text = h("textarea", { rows: 1, id: "say", placeholder: "Say something", "aria-label": "Message", onkeydown: (event) => this.key(event), oninput: () => this.grow() });
    this.send = h("button", { type: "submit", class: "main" }, "Send");
    this.halt = button("Stop", () => this.stop(), { hidden: true, class: "bad" });
    this.live = h("div", { class: "skip", "aria-live": "polite" });
    this.node = this.drawn();
  }

  drawn() {
    const settings = button("Settings", () => {
      this.drawer.node.hidden = !this.drawer.node.hidden;
      settings.setAttribute("aria-expanded", String(!this.drawer.node.hidden));
    }, { "aria-expanded": "false" });
    const node = h("div", { class: "chat" },
      h("aside", { "aria-label": "Conversations" }, button("New chat", () => this.open("new"), { class: "main" }), this.search, this.talks, this.more),
      h("section", {},
        h("div", {}, h("div", { class: "top" },
          button("Chats", () => node.classList.toggle("listing"), { class: "narrow" }),
          this.drawer.model, settings, this.branch, button("As code", () => this.code()), this.live), this.drawer.node),
        this.said,
        h("div", { class: "ask" }, h("form", { onsubmit: (event) => (event.preventDefault(), this.ask()) }, this.files.node, this.text,
          h("div", { class: "row" }, this.files.open, this.files.chosen, h("span", { class: "grow soft" }, "Enter sends, Shift+Enter begins a line"), this.halt, this.send)))));
    node.addEventListener("dragover", (event) => (event.preventDefault(), node.classList.add("dropping")));
    node.addEventListener("dragleave", () => node.classList.remove("dropping"));
    node.addEventListener("drop", (event) => {
      event.preventDefault();
      node.classList.remove("dropping");
      this.files.add(event.dataTransfer.files);
    });
    return node;
  }

  /** Opens what the address names: a conversation, or a new one with a model. */
  async go([id = "new", model]) {
    if (id === this.here.id) return;
    this.stop();
    this.busy((this.running = null));
    this.node.classList.remove("listing");
    this.files.clear();
    if (model) this.drawer.refresh(model);
    if (id === "new") this.welcome();
    else await this.load(id);
    await this.list();
    this.text.focus();
  }

  open(id) {
    location.hash = `#/chat/${id}`;
    if (id === "new") this.go(["new"]);
  }

  welcome() {
    this.here = { id: null, items: [] }; // it gets an id when something is said
    this.branch.hidden = true;
    const example = "My cat is called Mira. What is my cat called?";
    fill(this.said, h("div", { class: "empty" }, h("p", {}, this.house.models.length ? "Nothing was said yet." : "There is no model yet: add one under Models."),
      this.house.models.length > 0 && button(example, () => ((this.text.value = example), this.text.focus()))));
  }

  async load(id) {
    const here = (this.here = { id, items: [] });
    fill(this.said, h("p", { class: "soft" }, "Looking …"));
    try {
      for (let after = ""; ; ) {
        const page = await get(`/v1/conversations/${id}/items?order=asc&limit=100${after}`);
        if (this.here !== here) return;
        here.items.push(...page.data);
        if (!page.has_more) break;
        after = `&after=${page.last_id}`;
      }
    } catch (error) {
      if (this.here !== here) return;
      fill(this.said, h("div", { class: "trouble" }, error.message), button("New chat", () => this.open("new")));
      here.id = null;
      return;
    }
    this.draw();
    await this.branches(here);
  }

  draw() {
    fill(this.said);
    for (const turn of turns(this.here.items)) put(this.said, this.drawnTurn(turn));
    this.said.scrollTop = this.said.scrollHeight;
  }

  drawnTurn({ role, items }) {
    if (role === "user") return userTurn(items[0], () => this.edit(items[0]));
    if (role === "tool") return toolTurn(items[0]);
    const turn = this.model().show(items);
    turn.close([], this.deeds(turn, items));
    return turn.node;
  }

  model() {
    return new ModelTurn(this.drawer.name, {
      cite: (note) => showPassage(note, this.here.items.filter(({ type }) => type === "file_search_call").flatMap(({ results }) => results ?? [])),
      result: (called) => this.resultOf(called),
    });
  }

  deeds(turn, items) {
    const last = items[items.length - 1];
    return [
      copying(() => turn.text, { class: "plain" }),
      last?.id && button("Again", () => this.answer({ replaces: last.id }, last.id), { class: "plain", title: "Another answer, as a branch" }),
    ];
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.ask();
    } else if (event.key === "Escape") this.stop();
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }

  async ask() {
    const text = this.text.value.trim();
    if (!text) return;
    if (this.running) return this.later(() => this.ask());
    if (!this.settings()) return;
    this.text.value = "";
    this.grow();
    await this.answer({ input: [{ role: "user", content: this.files.content(text) }] });
  }

  /** What the drawer says; null, and a notice, where it cannot be read. */
  settings() {
    try {
      return this.drawer.body();
    } catch (error) {
      notice(error.message, "bad");
      return null;
    }
  }

  later(deed) {
    this.next = deed;
    notice("It is sent when this answer is done.");
  }

  /** A message is sent anew in its place: a branch begins there. */
  async edit(item) {
    if (this.running) return notice(WAIT);
    if (!this.settings()) return;
    const { here } = this;
    const text = h("textarea", { rows: 5, value: words(item) });
    const changed = await dialog("Edit and send again", (close) => h("div", {}, field("Message", text, "What was said from here on stays, as another branch."),
      h("div", { class: "row end" }, button("Cancel", () => close()), button("Send", () => close(text.value), { class: "main" }))));
    if (changed?.trim() && this.here === here) await this.answer({ replaces: item.id, input: [{ role: "user", content: reworded(item, changed) }] }, item.id);
  }

  resultOf(item) {
    const given = h("input", { placeholder: "what the tool answers, as text or JSON", "aria-label": `Result of ${item.name}` });
    const give = () => this.running ? this.later(give) : this.answer({ input: [{ type: "function_call_output", call_id: item.call_id, output: given.value }] });
    return h("form", { class: "row", onsubmit: (event) => (event.preventDefault(), give()) }, h("div", { class: "grow" }, given), h("button", { type: "submit" }, "Give the result"));
  }

  /** Asks for an answer and draws it as it comes. `from`: the item whose place the new branch takes. */
  async answer(asked, from = null) {
    if (this.running) return notice(WAIT);
    const settings = this.settings();
    if (!settings) return;
    const tools = [...(settings.tools ?? []), ...this.files.tools];
    const body = { ...settings, ...(tools.length ? { tools } : {}), ...(this.files.tools.length ? { include: ["file_search_call.results"] } : {}), ...asked, stream: true };
    const place = from && { replaces: this.cut(from, asked) };
    const said = (asked.input ?? []).map((item) => (item.role ? { type: "message", ...item } : item));
    if (!this.here.items.length) fill(this.said);
    for (const turn of turns(said)) put(this.said, turn.role === "user" ? userTurn(turn.items[0], () => notice(WAIT)) : toolTurn(turn.items[0]));
    this.files.sent();
    const turn = this.model();
    put(this.said, turn.node);
    this.said.scrollTop = this.said.scrollHeight;
    await this.stream(turn, body, said, place);
  }

  /** Takes what a new branch leaves behind out of sight. Returns the id of the first item of that. */
  cut(from, asked) {
    const { items } = this.here;
    let at = items.findIndex(({ id }) => id === from);
    if (!asked.input) while (at > 0 && !(items[at - 1].role === "user" || items[at - 1].type === "function_call_output")) at--;
    this.here.items = items.slice(0, at);
    this.draw();
    return items[at]?.id ?? from; // what came could not be read again: the server knows it all the same
  }

  /** `place`: where a branch begins; null at the end of what was said. */
  async stream(turn, body, said, place) {
    const { here } = this;
    const stop = (this.running = new AbortController());
    this.busy(true);
    const times = { asked: performance.now() };
    const follow = setInterval(() => this.near() && (this.said.scrollTop = this.said.scrollHeight), 100);
    try {
      here.id ??= await this.begin(said, here);
      const response = await call("POST", `/v1/conversations/${here.id}/responses`, body, { signal: stop.signal });
      for await (const { data } of events(response)) {
        if (data.type === "error" || data.error) throw new Error(data.message ?? data.error.message);
        if (data.type.endsWith(".delta")) times.first ??= performance.now();
        if (data.response?.error) throw new Error(data.response.error.message);
        if (data.response?.usage) this.finish(turn, data.response, times);
        else turn.take(data);
      }
      await this.after(here);
    } catch (error) {
      turn.draw();
      if (error.name === "AbortError") await this.stopped(turn, said, here, place);
      else {
        put(turn.parts, h("div", { class: "trouble", role: "alert" }, error.message, error.id && h("small", {}, ` (request ${error.id})`)));
        turn.close([], [button("Try again", () => this.retry(turn, body, said, place), { class: "plain" })]);
      }
    } finally {
      clearInterval(follow);
      if (this.near()) this.said.scrollTop = this.said.scrollHeight;
      if (this.running === stop) this.busy((this.running = null));
      if (!this.running) this.sendNext();
    }
  }

  sendNext() {
    const { next } = this;
    this.next = null;
    next?.();
  }

  retry(failed, body, said, place) {
    if (this.running) return notice(WAIT);
    failed.node.remove();
    const turn = this.model();
    put(this.said, turn.node);
    return this.stream(turn, body, said, place);
  }

  /** What there is of an answer that was stopped is kept, with what was asked. */
  async stopped(turn, said, here, place) {
    turn.close(["stopped"], []);
    if (!here.id || !turn.text || !(said.length || place)) return;
    const partial = { type: "message", role: "assistant", content: [{ type: "output_text", text: turn.text }] };
    try {
      await post(`/v1/conversations/${here.id}/items`, { items: [...said, partial], ...place });
      await this.after(here);
    } catch { /* it is still to be read here */ }
  }

  near() {
    return this.said.scrollHeight - this.said.scrollTop - this.said.clientHeight < 120;
  }

  busy(is) {
    this.send.hidden = Boolean(is);
    this.halt.hidden = !is;
    this.branch.disabled = Boolean(is);
  }

  finish(turn, response, times) {
    const { usage } = response;
    const seconds = (performance.now() - (times.first ?? times.asked)) / 1000;
    const cached = usage.input_tokens_details?.cached_tokens ?? 0;
    const facts = [
      `${usage.output_tokens} tokens`,
      seconds > 0.05 && `${(usage.output_tokens / seconds).toFixed(1)} a second`,
      times.first && `first after ${Math.round(times.first - times.asked)} ms`,
      usage.input_tokens && `${Math.round((100 * cached) / usage.input_tokens)} % of ${usage.input_tokens} cached`,
      response.status === "incomplete" && `cut off: ${response.incomplete_details?.reason?.replaceAll("_", " ") ?? "incomplete"}`,
      response.truncated_messages && `${response.truncated_messages} old messages left out`,
    ];
    turn.close(facts, this.deeds(turn, response.output));
    this.live.textContent = turn.text.slice(-500);
  }

  /** After a turn: the server's items take the place of what was typed here, so that they can be edited. */
  async after(here) {
    const page = await get(`/v1/conversations/${here.id}/items?order=desc&limit=20`);
    if (this.here !== here) return;
    const known = new Set(here.items.map(({ id }) => id));
    here.items.push(...page.data.filter(({ id }) => !known.has(id)).reverse());
    const asked = [...this.said.querySelectorAll(".message.user")].at(-1);
    const item = here.items.findLast(({ role }) => role === "user");
    if (asked && item) asked.replaceWith(userTurn(item, () => this.edit(item)));
    await Promise.all([this.list(), this.branches(here)]);
  }

  async begin(said, here) {
    const title = (words(said[0] ?? {}) || "A chat").replace(/\s+/g, " ").slice(0, 60);
    const { id } = await post("/v1/conversations", { title });
    if (this.here === here) history.replaceState(null, "", `#/chat/${id}`);
    return id;
  }

  stop() {
    this.next = null;
    this.running?.abort();
  }

  async branches(here) {
    const { data } = await get(`/v1/conversations/${here.id}/branches`);
    if (this.here !== here) return;
    this.branch.hidden = data.length < 2;
    fill(this.branch, data.map((one, at) => h("option", { value: one.id, selected: one.head }, `Branch ${at + 1} of ${data.length}`)));
  }

  async turnTo(head) {
    const { here } = this;
    await post(`/v1/conversations/${here.id}`, { head });
    if (this.here === here) await this.load(here.id);
  }

  async list(after = "") {
    const wanted = this.search.value.trim();
    const path = wanted ? `/v1/conversations/search?limit=50&query=${encodeURIComponent(wanted)}` : `/v1/conversations?limit=50${after && `&after=${after}`}`;
    const late = this.ordered();
    const page = await get(path);
    if (late()) return;
    const found = wanted ? [...new Map(page.data.map((one) => [one.conversation.id, one.conversation])).values()] : page.data;
    if (!after) fill(this.talks);
    put(this.talks, found.map((one) => this.talk(one)));
    if (!found.length && !after) put(this.talks, h("li", { class: "soft" }, wanted ? "Nothing was found." : "What you say is kept here."));
    this.last = page.last_id;
    this.more.hidden = !page.has_more || Boolean(wanted);
  }

  talk(one) {
    const title = one.title || "Untitled";
    return h("li", { class: one.id === this.here.id ? "on" : "" }, h("a", { href: `#/chat/${one.id}`, title }, title),
      button("…", () => this.manage(one), { class: "plain", "aria-label": `Rename, export or delete ${title}` }));
  }

  async manage(one) {
    const title = h("input", { value: one.title, maxLength: 200 });
    const deed = await dialog("Conversation", (close) => h("div", {}, field("Title", title),
      h("div", { class: "row end" }, button("Delete", () => close("delete"), { class: "bad" }), button("Export", () => close("export")), button("Save", () => close("save"), { class: "main" }))));
    const path = `/v1/conversations/${one.id}`;
    if (deed === "save") await post(path, { title: title.value });
    if (deed === "export") await download(`${path}/export`, `${(one.title || one.id).replace(/[^\w-]+/g, "-").slice(0, 60)}.jsonl`);
    if (deed === "delete" && (await sure("Delete this conversation and all that was said in it?", "Delete"))) {
      await remove(path);
      if (one.id === this.here.id) return this.open("new");
    }
    if (deed) await this.list();
  }

  code() {
    const body = this.settings();
    if (!body) return;
    const said = this.here.items.filter(({ type }) => type === "message").map((item) => ({ role: item.role, content: words(item) }));
    return asCode({ ...body, input: said.length ? said.slice(0, said.findLastIndex(({ role }) => role === "user") + 1) : this.text.value || "Hello" });
  }
}
