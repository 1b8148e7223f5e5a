// Keys and what was used: for keys with the right admin everybody's, for others their own.

import { get, order, post, remove } from "../api.js";
import { button, dialog, field, fill, h, notice, put, sure, table } from "../dom.js";
import { copying, download } from "../take.js";

export async function view(main, house) {
  const admin = house.me.rights.includes("admin");
  const keys = h("section");
  const usage = h("section");
  put(main, h("div", { class: "view" }, h("h1", {}, "Keys and usage"),
    h("p", { class: "soft" }, `You are in with the key ${house.me.name || house.me.id}. Its rights: ${house.me.rights.join(", ") || "none"}.`), admin && keys, usage));
  await Promise.all([admin && listed(keys, house), used(usage)]);
  return {};
}

async function listed(place, house) {
  const { data } = await get("/v1/keys");
  const again = () => listed(place, house);
  const rows = data.map((key) => [
    h("span", {}, key.name || "unnamed", h("br"), h("small", { class: "mono" }, key.id), key.description && h("small", {}, h("br"), key.description)),
    h("span", { class: `chip ${key.state === "active" ? "good" : "bad"}` }, key.state),
    key.rights.join(", "),
    limits(key),
    key.last_used_at ? new Date(key.last_used_at).toLocaleString() : "never",
    key.state === "active" && h("span", { class: "row" },
      button("Change", async () => (await changed(key, house)) && again(), { class: "plain", "aria-label": `Change ${key.name}` }),
      button("Revoke", async () => {
        if (!(await sure(`Revoke ${key.name || key.id}? Whoever uses it is locked out within a second, for good.`, "Revoke"))) return;
        await remove(`/v1/keys/${key.id}`);
        notice(`${key.name || key.id} is revoked.`);
        again();
      }, { class: "plain", "aria-label": `Revoke ${key.name}` })),
  ]);
  fill(place, h("div", { class: "row" }, h("h2", { class: "grow" }, "Keys"), button("Make a key for somebody …", async () => (await changed(null, house)) && again(), { class: "main" })),
    table(["key", "state", "rights", "limits", "last used", ""], rows));
}

function limits(key) {
  const found = [
    key.requests_per_minute && `${key.requests_per_minute} requests a minute`,
    key.tokens_per_day && `${key.tokens_per_day.toLocaleString()} tokens a day`,
    key.streams && `${key.streams} at once`,
    key.models && `only ${key.models.join(", ")}`,
    key.priority && `priority ${key.priority}`,
    key.expires_at && `until ${new Date(key.expires_at).toLocaleDateString()}`,
  ].filter(Boolean);
  return found.join(", ") || "none";
}

/** The form of a key: a new one, or other limits for one. True when something was done. */
async function changed(key, house) {
  const name = h("input", { required: true, maxLength: 200, value: key?.name ?? "", placeholder: "whose it is" });
  const rights = ["chat", "models", "admin"].map((right) => h("input", { type: "checkbox", id: `r-${right}`, checked: (key?.rights ?? ["chat"]).includes(right) }));
  const whole = (value) => h("input", { type: "number", min: 1, step: 1, value: value ?? "", placeholder: "no limit" });
  const minute = whole(key?.requests_per_minute), day = whole(key?.tokens_per_day), streams = whole(key?.streams);
  const priority = h("input", { type: "number", step: 1, value: key?.priority ?? 0 });
  const until = h("input", { type: "date", value: key?.expires_at?.slice(0, 10) ?? "" });
  const names = [...new Set([...house.models.map(({ id }) => id), ...(key?.models ?? [])])]; // a key's own may be aliases, or not offered now
  const models = h("select", { multiple: true, size: Math.min(4, names.length || 1) }, names.map((id) => h("option", { value: id, selected: key?.models?.includes(id) ?? false }, id)));
  const trouble = h("div", { role: "alert" });
  const number = ({ value }) => (value === "" ? null : Number(value));
  const body = () => ({
    name: name.value.trim(), rights: ["chat", "models", "admin"].filter((_, at) => rights[at].checked),
    requests_per_minute: number(minute), tokens_per_day: number(day), streams: number(streams), priority: Number(priority.value || 0),
    models: models.selectedOptions.length ? [...models.selectedOptions].map(({ value }) => value) : null,
    expires_at: until.value ? `${until.value}T23:59:59Z` : null,
  });
  const before = key ? body() : {};
  /** What is said otherwise than when the form was opened: the rest of a key stays as it is, to the second. */
  const different = () => Object.fromEntries(Object.entries(body()).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
  const made = await dialog(key ? `Change ${key.name || key.id}` : "A new key", (close) => h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        close(await post(key ? `/v1/keys/${key.id}` : "/v1/keys", different()));
      } catch (error) {
        fill(trouble, h("p", { class: "trouble" }, error.message));
      }
    },
  }, field("Name", name), h("fieldset", {}, h("legend", {}, "May"),
    [["chat", "talk to models"], ["models", "load, unload and add models"], ["admin", "see and change everything"]].map(([right, words], at) =>
      h("div", { class: "check" }, rights[at], h("label", { for: `r-${right}` }, words)))),
    h("details", { open: Boolean(key) }, h("summary", {}, "Limits"), field("Requests a minute", minute), field("Tokens a day", day), field("Answers at once", streams),
      field("Priority", priority, "Higher goes first; people usually 0."), field("Only these models", models, "None chosen: all."), field("Until", until)),
    trouble, h("div", { class: "row end" }, button("Cancel", () => close()), h("button", { type: "submit", class: "main" }, key ? "Save" : "Make the key"))));
  if (made?.key) await shown(made);
  return Boolean(made);
}

/** A key's text, this once. */
function shown(made) {
  return dialog(`The key of ${made.name}`, (close) =>
    h("div", {}, h("p", {}, "It is shown only now. Give it to whoever is to use it:"), h("p", { class: "card mono" }, made.key),
      h("p", { class: "soft" }, `For OpenAI's clients: base URL ${location.origin}/v1, and this as the API key.`),
      h("div", { class: "row end" }, copying(() => made.key, { class: "main" }), button("Done", () => close()))));
}

const BY = { "day": "by day", "key": "by key", "model": "by model", "day,key,model": "by all three" };

async function used(place) {
  const by = h("select", { "aria-label": "Grouped" }, Object.entries(BY).map(([value, words]) => h("option", { value }, words)));
  const days = h("select", { "aria-label": "Time" }, [7, 30, 90].map((count) => h("option", { value: count, selected: count === 30 }, `${count} days`)));
  const found = h("div");
  const path = (form) => {
    const start = new Date(Date.now() - (days.value - 1) * 86_400_000).toISOString().slice(0, 10);
    return `/v1/usage?group_by=${by.value}&start_date=${start}&format=${form}&limit=1000`;
  };
  const ordered = order();
  const show = async () => {
    const late = ordered();
    const { data, total, group_by: parts } = await get(path("json"));
    if (late()) return;
    if (!data.length) return fill(found, h("p", { class: "empty" }, "Nothing was used in this time."));
    const most = Math.max(...data.map((row) => row.prompt_tokens + row.generated_tokens), 1);
    const numbers = (row) => [row.requests, row.prompt_tokens, row.cached_tokens, row.generated_tokens, row.seconds].map((value) => h("span", { class: "to-right" }, Math.round(value).toLocaleString()));
    fill(found, table([...parts, "", "requests", "prompt", "cached", "generated", "seconds"], [
      ...data.map((row) => [...parts.map((part) => row[part] ?? row[`${part}_id`] ?? "–"),
        h("meter", { max: most, value: row.prompt_tokens + row.generated_tokens, "aria-label": "Share of the tokens" }), ...numbers(row)]),
      [h("strong", {}, "all"), ...parts.slice(1).map(() => ""), "", ...numbers(total)],
    ]));
  };
  by.onchange = days.onchange = show;
  put(place, h("div", { class: "row" }, h("h2", { class: "grow" }, "Usage"), days, by, button("As CSV", () => download(path("csv"), "usage.csv"))), h("p", { class: "soft" }, "Tokens, in UTC days."), found);
  await show();
}
