// Now: what the server does, ten minutes back.

import { call, failures, get } from "../api.js";
import { Chart, History, SERIES, samples } from "../charts.js";
import { fill, h, moment, put, table } from "../dom.js";

const EVERY = 2000; // milliseconds

export async function view(main, house) {
  const page = h("div", { class: "view" }, h("h1", {}, "Now"));
  put(main, page);
  const errors = h("section", {}, h("h2", {}, "Errors"), h("div"));
  const telling = () => fill(errors.lastChild, told(serverErrors));
  let serverErrors = [];
  if (!house.me.rights.includes("admin")) {
    put(page, h("p", { class: "empty" }, "The charts are for keys with the right admin."), errors);
    telling();
    return {};
  }
  const charts = new Charts();
  put(page, h("p", { class: "soft" }, `Every ${EVERY / 1000} seconds, since this page was opened.`), h("div", { class: "grid" }, charts.nodes), errors);
  const look = async () => {
    try {
      const [metrics, models] = await Promise.all([call("GET", "/metrics").then((answer) => answer.text()), get("/v1/models")]);
      charts.add(samples(metrics), models.data);
      serverErrors = (await get("/v1/errors")).data;
    } catch { /* shown with the other errors */ }
    telling();
  };
  await look();
  const clock = setInterval(look, EVERY);
  return { close: () => (clearInterval(clock), charts.close()) };
}

function told(server) {
  const own = failures.map(({ at, path, failure }) => [at.toLocaleTimeString(), "this page", path, failure.message, failure.id ?? "–"]);
  const theirs = server.map((one) => [moment(one.at), one.status, `${one.method} ${one.path}`, one.message, one.request_id]);
  const all = [...own, ...theirs];
  if (!all.length) return h("p", { class: "soft" }, "None. Good.");
  return table(["when", "status", "where", "what", "request id"], all.slice(0, 50));
}

/** The charts, and what was counted when one last looked. */
class Charts {
  constructor() {
    this.before = null;
    this.all = {
      requests: new Chart("Requests", ""),
      tokens: new Chart("Tokens a second", "", { digits: 1 }),
      first: new Chart("Time to first token", " ms"),
      gap: new Chart("Gap between tokens", " ms", { digits: 1 }),
      cells: new Chart("Cells of the cache", " %", { top: 100 }),
      steps: new Chart("Tokens in a step", "", { digits: 1 }),
    };
    this.histories = Object.fromEntries(Object.keys(this.all).map((name) => [name, new History()]));
  }

  get nodes() {
    return Object.values(this.all).map((chart) => chart.node);
  }

  close() {
    for (const chart of Object.values(this.all)) chart.close();
  }

  add(found, listed) {
    const now = { at: performance.now(), sums: new Map() };
    for (const [name, list] of found) for (const { labels, value } of list) if (!("le" in labels)) {
      const key = `${name} ${labels.model ?? ""}`;
      now.sums.set(key, (now.sums.get(key) ?? 0) + value);
    }
    const models = [...new Set((found.get("llm_model_state") ?? found.get("llm_running") ?? []).map(({ labels }) => labels.model))];
    const busy = models.filter((model) => now.sums.has(`llm_running ${model}`));
    const put = (chart, name, value) => this.histories[chart].add(name, value);
    for (const model of busy) {
      const at = (name) => now.sums.get(`${name} ${model}`) ?? 0;
      put("requests", `${model} answering`, at("llm_running"));
      put("requests", `${model} waiting`, at("llm_waiting"));
      if (!this.before) continue;
      const grown = (name) => at(name) - (this.before.sums.get(`${name} ${model}`) ?? 0);
      const seconds = (now.at - this.before.at) / 1000;
      const mean = (name, times) => (grown(`${name}_count`) ? (times * grown(`${name}_sum`)) / grown(`${name}_count`) : NaN);
      put("tokens", `${model} written`, grown("llm_generated_tokens_total") / seconds);
      put("tokens", `${model} read`, (grown("llm_prompt_tokens_total") - grown("llm_cached_tokens_total")) / seconds);
      put("first", model, mean("llm_first_token_seconds", 1000));
      put("gap", model, mean("llm_gap_seconds", 1000));
      put("steps", model, mean("llm_step_tokens", 1));
    }
    for (const { id, llm_api: { cells } } of listed) if (cells) {
      const share = (count) => (100 * count) / cells.total;
      const held = new Map(cells.keys.map((key) => [`${id} for ${key.name ?? key.id}`, share(key.cells)]));
      for (const name of [...this.histories.cells.names].filter((name) => name.startsWith(`${id} for `))) if (!held.has(name)) held.set(name, 0);
      for (const [name, value] of held) put("cells", name, value);
    }
    this.before = now;
    for (const [name, chart] of Object.entries(this.all)) chart.show(this.histories[name].largest(SERIES));
  }
}
