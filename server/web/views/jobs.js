// Jobs: what waits, runs and has ended, with progress, results, cancelling and trying again.

import { call, events, get, order, post, remove } from "../api.js";
import { button, dialog, fill, h, moment, notice, put, sure, table } from "../dom.js";

const KINDS = { succeeded: "good", failed: "bad", dead: "bad", expired: "bad", running: "warn" };
const ENDED = ["succeeded", "failed", "dead", "cancelled", "expired"];

export async function view(main) {
  const state = h("select", { "aria-label": "State" }, ["all", "queued,running", ...ENDED].map((value) =>
    h("option", { value: value === "all" ? "" : value }, value === "all" ? "all of them" : value.replace(",", " or "))));
  const found = h("div");
  const ordered = order();
  const rows = new Rows(() => show());
  const show = async () => {
    const late = ordered();
    const { data } = await get(`/v1/jobs?limit=50${state.value && `&state=${state.value}`}`);
    if (late()) return;
    if (!data.length) {
      return fill(found, h("div", { class: "empty" }, h("p", {}, "No jobs here."),
        h("p", {}, "Long work becomes one: a summary under Services, a batch, a response in the background, or ", h("code", {}, "POST /v1/jobs"), ".")));
    }
    rows.show(data);
    if (!rows.node.isConnected) fill(found, rows.node);
  };
  state.onchange = show;
  put(main, h("div", { class: "view" }, h("h1", {}, "Jobs"), h("p", { class: "soft" }, "Work that outlives its request, and this server's restarts."),
    h("div", { class: "row" }, state, button("Look again", show)), found));
  await show();
  const clock = setInterval(() => show().catch(() => {}), 2000);
  return { close: () => clearInterval(clock) };
}

/** The table. From one look to the next only what is different is drawn anew, so that what has the focus keeps it. */
class Rows {
  constructor(again) {
    this.again = again;
    this.node = table(["job", "state", "progress", "made", ""], []);
    this.body = this.node.querySelector("tbody");
    this.drawn = new Map(); // by a job's id: its row, and what every cell was drawn from
  }

  show(jobs) {
    const listed = new Set(jobs.map(({ id }) => id));
    for (const [id, { row }] of this.drawn) if (!listed.has(id)) (row.remove(), this.drawn.delete(id));
    jobs.forEach((job, at) => {
      const row = this.row(job);
      if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] ?? null);
    });
  }

  row(job) {
    const cells = this.cells(job);
    if (!this.drawn.has(job.id)) this.drawn.set(job.id, { row: h("tr", {}, cells.map(() => h("td"))), from: [] });
    const { row, from } = this.drawn.get(job.id);
    cells.forEach(([source, draw], at) => {
      const told = JSON.stringify(source);
      if (from[at] === told) return;
      from[at] = told;
      const cell = row.children[at];
      const focused = cell.contains(document.activeElement);
      fill(cell, draw());
      if (focused) cell.querySelector("button")?.focus();
    });
    return row;
  }

  /** Of each cell, what it says and what draws it. */
  cells(job) {
    const name = job.label || job.task;
    const state = job.cancelling && job.state === "running" ? "stopping" : job.state;
    return [
      [name, () => h("span", {}, name, h("br"), h("small", { class: "mono" }, job.id))],
      [state, () => h("span", { class: `chip ${KINDS[job.state] ?? ""}` }, state)],
      [[job.state, job.progress, job.queue_position, job.attempts], () => progress(job)],
      [job.created_at, () => moment(job.created_at)],
      [[name, job.state], () => this.deeds(job, name)],
    ];
  }

  deeds(job, name) {
    const act = (deed) => async () => (await deed(), this.again());
    return h("span", { class: "row" },
      button("Open", () => open(job.id), { class: "plain", "aria-label": `Open ${name}` }),
      !ENDED.includes(job.state) && button("Cancel", act(() => post(`/v1/jobs/${job.id}/cancel`)), { class: "plain", "aria-label": `Cancel ${name}` }),
      ENDED.includes(job.state) && job.state !== "succeeded" && button("Try again", act(() => post(`/v1/jobs/${job.id}/retry`)), { class: "plain", "aria-label": `Try ${name} again` }),
      ENDED.includes(job.state) && button("Forget", act(async () => (await sure("Forget this job and its result?", "Forget")) && remove(`/v1/jobs/${job.id}`)), { class: "plain", "aria-label": `Forget ${name}` }));
  }
}

function progress(job) {
  const { done, total, message } = job.progress ?? {};
  if (job.state === "queued" && job.queue_position) return `number ${job.queue_position + 1} in the line`;
  if (!total) return message ?? (job.attempts > 1 ? `attempt ${job.attempts}` : "");
  return h("span", {}, h("progress", { max: total, value: done, "aria-label": "Progress" }), h("small", {}, message || `${done} of ${total}`));
}

/** Shows a job as it goes on; what it writes appears while it writes it. */
export async function open(id) {
  const stop = new AbortController();
  await dialog("Job", (close) => {
    const state = h("div", {}, h("p", { class: "soft" }, "Looking …"));
    const text = h("div", { class: "wrap", "aria-live": "polite" });
    const draw = (job) => {
      fill(state, h("p", {}, h("span", { class: `chip ${KINDS[job.state] ?? ""}` }, job.state), " ", job.label || job.task), progress(job),
        job.error && h("p", { class: "trouble" }, job.error.message ?? String(job.error)));
      if (job.result !== null && job.result !== undefined) result(text, job.result);
    };
    (async () => {
      try {
        let job = await get(`/v1/jobs/${id}`);
        draw(job);
        if (ENDED.includes(job.state)) return;
        let begun = Number.NEGATIVE_INFINITY;
        for await (const { event, data, id: place } of events(await call("GET", `/v1/jobs/${id}/events`, undefined, { signal: stop.signal }))) {
          const beginning = Number(place?.split(".")[0]); // higher when the job was begun anew, and its text with it
          if (beginning < begun) continue; // from a worker that was given up
          if (beginning > begun) fill(text);
          begun = beginning;
          const piece = data.delta ?? data.data?.delta ?? data.choices?.[0]?.delta?.content;
          if (typeof piece === "string") put(text, piece);
          if (event === "progress" || event === "state") draw((job = await get(`/v1/jobs/${id}`)));
        }
        draw(await get(`/v1/jobs/${id}`));
      } catch (error) {
        if (error.name !== "AbortError") notice(error.message, "bad");
      }
    })();
    return h("div", {}, state, text, h("div", { class: "row end" }, button("Close", () => close(), { class: "main" })));
  });
  stop.abort(); // however it was closed
}

/** The part of a result that people read; else all of it. */
function result(place, value) {
  const body = value.body ?? value;
  const said = body.summary ?? body.choices?.[0]?.message?.content ?? body.output?.flatMap((item) => item.content ?? []).map((part) => part.text).join("");
  if (said) fill(place, h("p", { class: "wrap" }, said));
  else fill(place, h("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2)));
}
