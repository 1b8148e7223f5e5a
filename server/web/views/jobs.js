// Jobs: what waits, runs and has ended, with progress, results, cancelling and trying again.

import { call, events, get, post, remove } from "../api.js";
import { button, dialog, fill, h, moment, notice, put, sure, table } from "../dom.js";

const KINDS = { succeeded: "good", failed: "bad", dead: "bad", expired: "bad", running: "warn" };
const ENDED = ["succeeded", "failed", "dead", "cancelled", "expired"];

export async function view(main) {
  const state = h("select", { "aria-label": "State" }, ["all", "queued,running", ...ENDED].map((value) =>
    h("option", { value: value === "all" ? "" : value }, value === "all" ? "all of them" : value.replace(",", " or "))));
  const found = h("div");
  const show = async () => {
    const { data } = await get(`/v1/jobs?limit=50${state.value && `&state=${state.value}`}`);
    if (!data.length) {
      return fill(found, h("div", { class: "empty" }, h("p", {}, "No jobs here."),
        h("p", {}, "Long work becomes one: a summary under Services, a batch, a response in the background, or ", h("code", {}, "POST /v1/jobs"), ".")));
    }
    const scrolled = found.firstChild?.scrollLeft ?? 0;
    fill(found, table(["job", "state", "progress", "made", ""], data.map((job) => row(job, show))));
    found.firstChild.scrollLeft = scrolled;
  };
  state.onchange = show;
  put(main, h("div", { class: "view" }, h("h1", {}, "Jobs"), h("p", { class: "soft" }, "Work that outlives its request, and this server's restarts."),
    h("div", { class: "row" }, state, button("Look again", show)), found));
  await show();
  const clock = setInterval(() => show().catch(() => {}), 2000);
  return { close: () => clearInterval(clock) };
}

function row(job, again) {
  const name = job.label || job.task;
  const act = (deed) => async () => (await deed(), again());
  return [
    h("span", {}, name, h("br"), h("small", { class: "mono" }, job.id)),
    h("span", { class: `chip ${KINDS[job.state] ?? ""}` }, job.cancelling && job.state === "running" ? "stopping" : job.state),
    progress(job),
    moment(job.created_at),
    h("span", { class: "row" },
      button("Open", () => open(job.id), { class: "plain", "aria-label": `Open ${name}` }),
      !ENDED.includes(job.state) && button("Cancel", act(() => post(`/v1/jobs/${job.id}/cancel`)), { class: "plain", "aria-label": `Cancel ${name}` }),
      ENDED.includes(job.state) && job.state !== "succeeded" && button("Try again", act(() => post(`/v1/jobs/${job.id}/retry`)), { class: "plain", "aria-label": `Try ${name} again` }),
      ENDED.includes(job.state) && button("Forget", act(async () => (await sure("Forget this job and its result?", "Forget")) && remove(`/v1/jobs/${job.id}`)), { class: "plain", "aria-label": `Forget ${name}` })),
  ];
}

function progress(job) {
  const { done, total, message } = job.progress ?? {};
  if (job.state === "queued" && job.queue_position) return `number ${job.queue_position + 1} in the line`;
  if (!total) return message ?? (job.attempts > 1 ? `attempt ${job.attempts}` : "");
  return h("span", {}, h("progress", { max: total, value: done, "aria-label": "Progress" }), h("small", {}, message || `${done} of ${total}`));
}

/** Shows a job as it goes on; what it writes appears while it writes it. */
export function open(id) {
  const stop = new AbortController();
  return dialog("Job", (close) => {
    const state = h("div", {}, h("p", { class: "soft" }, "Looking …"));
    const text = h("div", { class: "wrap", "aria-live": "polite" });
    const done = () => (stop.abort(), close());
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
    return h("div", {}, state, text, h("div", { class: "row end" }, button("Close", done, { class: "main" })));
  });
}

/** The part of a result that people read; else all of it. */
function result(place, value) {
  const body = value.body ?? value;
  const said = body.summary ?? body.choices?.[0]?.message?.content ?? body.output?.flatMap((item) => item.content ?? []).map((part) => part.text).join("");
  if (said) fill(place, h("p", { class: "wrap" }, said));
  else fill(place, h("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2)));
}
