// Services: each with a form made from its manifest. What takes long becomes a job, which opens here.

import { get, post } from "../api.js";
import { button, dialog, field, fill, h, put } from "../dom.js";
import { open } from "./jobs.js";

export async function view(main) {
  const { data } = await get("/v1/services");
  const list = h("div", { class: "grid" }, data.map((service) => (service.id === null ? broken(service) : card(service))));
  put(main, h("div", { class: "view" }, h("h1", {}, "Services"),
    h("p", { class: "soft" }, "Tasks that somebody described in a file of ", h("code", {}, "config/services"), "; an edit is taken up at once."),
    data.length ? list : h("div", { class: "empty" }, "No services yet: add a YAML file to config/services.")));
  return {};
}

function words(description) {
  if (typeof description === "string") return description;
  return description?.[navigator.language.slice(0, 2)] ?? description?.en ?? Object.values(description ?? {})[0] ?? "";
}

function broken({ file, error }) {
  return h("article", { class: "card" }, h("h2", {}, file), h("span", { class: "chip bad" }, "broken"), h("p", { class: "trouble" }, error));
}

function card(service) {
  const able = service.flavors.some(({ available }) => available);
  return h("article", { class: "card", "aria-label": service.name }, h("div", { class: "row" }, h("h2", { class: "grow" }, service.name), h("span", { class: "chip" }, service.type)),
    h("p", { class: "soft" }, words(service.description)),
    service.error && h("p", { class: "trouble" }, `The file was changed and is broken; the service goes on as it was. ${service.error}`),
    !able && h("p", { class: "trouble" }, `Its model is not there: ${service.flavors.map(({ model }) => model).join(", ")}.`),
    h("div", { class: "row end" }, button("Use it", () => form(service), { class: "main", disabled: !able, "aria-label": `Use ${service.name}` })));
}

function control(one) {
  if (one.choices) return h("select", {}, one.choices.map((value) => h("option", { value, selected: value === one.default }, String(value))));
  if (one.type === "boolean") return h("input", { type: "checkbox", checked: Boolean(one.default) });
  if (one.type === "integer" || one.type === "number") return h("input", { type: "number", step: one.type === "integer" ? 1 : "any", value: one.default ?? "", required: one.required });
  const traits = { value: one.default ?? "", required: one.required, maxLength: one.max_length ?? 524288 };
  return one.multiline ? h("textarea", { rows: 8, ...traits }) : h("input", traits);
}

function value(one, { type, checked, value: text }) {
  if (type === "checkbox") return checked;
  return one.type === "integer" || one.type === "number" ? Number(text) : text;
}

function form(service) {
  const controls = service.form.map((one) => [one, control(one)]);
  const flavors = service.flavors.filter(({ available }) => available);
  const flavor = h("select", {}, flavors.map(({ name, model }) => h("option", { value: name }, `${name} (${model})`)));
  const found = h("div", { "aria-live": "polite" });
  return dialog(service.name, (close) => {
    const go = h("button", { type: "submit", class: "main" }, "Go");
    const submit = async (event) => {
      event.preventDefault();
      go.disabled = true;
      fill(found, h("p", { class: "soft" }, "Working …"));
      try {
        const body = Object.fromEntries(controls.filter(([one, { value: text }]) => one.required || text !== "").map(([one, node]) => [one.name, value(one, node)]));
        const answer = await post(`/v1/services/${service.id}`, { ...body, flavor: flavor.value });
        fill(found);
        if (answer.object === "job") return void (await open(answer.id));
        put(found, typeof answer.answer === "string" ? h("p", { class: "card wrap" }, answer.answer) : h("pre", { class: "card", tabIndex: 0 }, JSON.stringify(answer.answer, null, 2)));
      } catch (error) {
        fill(found, h("p", { class: "trouble", role: "alert" }, error.message));
      } finally {
        go.disabled = false;
      }
    };
    return h("form", { onsubmit: submit }, controls.map(([one, node]) => field(one.title, node, one.description)), flavors.length > 1 && field("Flavor", flavor), found,
      h("div", { class: "row end" }, button("Close", () => close()), go));
  });
}
