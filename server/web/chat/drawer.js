// The settings of a chat: model, system message, sampling, thinking, form, tools; kept in this tab.

import { field, fill, h } from "../dom.js";

const KEPT = "llm-api chat settings";
const NUMBERS = [
  ["temperature", "Temperature", 0, 2, 0.05],
  ["top_p", "Top p", 0, 1, 0.01],
  ["top_k", "Top k", 0, 1000, 1],
  ["min_p", "Min p", 0, 1, 0.01],
  ["repeat_penalty", "Repeat penalty", 0.1, 10, 0.05],
  ["seed", "Seed", 0, 4294967295, 1],
  ["max_output_tokens", "Most tokens", 1, 1000000, 1],
];

export class Drawer {
  /** `changed` is called whenever the model is another one. */
  constructor(house, changed = () => {}) {
    this.house = house;
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    this.model = h("select", { "aria-label": "Model", onchange: () => (this.personas(), changed()) });
    this.system = h("textarea", { rows: 3, value: kept.instructions ?? "", placeholder: "You are …" });
    this.persona = h("select", { "aria-label": "Personality", onchange: () => (this.system.value = this.texts[this.persona.value] ?? "") });
    this.numbers = Object.fromEntries(NUMBERS.map(([name, , low, high, step]) =>
      [name, h("input", { type: "number", min: low, max: high, step, value: kept[name] ?? "", placeholder: "as the model's card" })]));
    this.effort = h("select", {}, ["as the model does", "none", "low", "medium", "high"].map((word) => h("option", { value: word.includes(" ") ? "" : word }, word)));
    this.form = h("select", { onchange: () => (this.schemaField.hidden = this.form.value !== "json_schema") },
      [["", "Free text"], ["json_object", "JSON"], ["json_schema", "JSON of a schema"]].map(([value, word]) => h("option", { value }, word)));
    this.schema = h("textarea", { rows: 5, class: "mono", spellcheck: false, placeholder: '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}', value: kept.schema ?? "" });
    this.tools = h("textarea", { rows: 5, class: "mono", spellcheck: false, placeholder: '[{"name": "get_weather", "description": "Get the weather in a city.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]', value: kept.tools ?? "" });
    this.schemaField = field("Schema", this.schema);
    this.effort.value = kept.effort ?? "";
    this.form.value = kept.form ?? "";
    this.schemaField.hidden = this.form.value !== "json_schema";
    this.personaField = field("Personality", this.persona);
    this.node = h("div", { class: "drawer", hidden: true }, this.personaField, field("System message", this.system),
      h("div", { class: "grid" }, NUMBERS.map(([name, label]) => field(label, this.numbers[name])), field("Thinking", this.effort)),
      field("Form of the answer", this.form), this.schemaField,
      field("Tools", this.tools, "Functions that the model may call, as JSON. You are shown each call, and give its result."));
    this.node.addEventListener("change", () => this.keep());
    this.refresh(kept.model);
  }

  get name() {
    return this.model.value;
  }

  refresh(wanted = this.name) {
    const able = this.house.models.filter(({ llm_api }) => llm_api.capabilities?.includes("text") ?? true);
    const names = (able.length ? able : this.house.models).map(({ id }) => id);
    fill(this.model, names.map((id) => h("option", { value: id }, id)));
    if (names.includes(wanted)) this.model.value = wanted;
    this.personas();
  }

  personas() {
    this.texts = this.house.models.find(({ id }) => id === this.name)?.llm_api.personalities ?? {};
    fill(this.persona, h("option", { value: "" }, "none"), Object.keys(this.texts).map((name) => h("option", { value: name }, name)));
    this.personaField.hidden = !Object.keys(this.texts).length;
    this.keep();
  }

  keep() {
    const numbers = Object.fromEntries(Object.entries(this.numbers).map(([name, { value }]) => [name, value]));
    sessionStorage.setItem(KEPT, JSON.stringify({ model: this.name, instructions: this.system.value, ...numbers,
      effort: this.effort.value, form: this.form.value, schema: this.schema.value, tools: this.tools.value }));
  }

  /** The settings as a response's body has them. Throws where something typed here is not JSON. */
  body() {
    const body = { model: this.name };
    if (this.system.value.trim()) body.instructions = this.system.value;
    for (const [name, { value }] of Object.entries(this.numbers)) if (value !== "") body[name] = Number(value);
    if (this.effort.value) body.reasoning = { effort: this.effort.value };
    if (this.form.value === "json_object") body.text = { format: { type: "json_object" } };
    if (this.form.value === "json_schema") {
      body.text = { format: { type: "json_schema", name: "answer", schema: read(this.schema.value, "The schema"), strict: true } };
    }
    if (this.tools.value.trim()) {
      body.tools = [read(this.tools.value, "The list of tools")].flat().map((tool) => ({ type: "function", ...(tool.function ?? tool) }));
    }
    return body;
  }
}

function read(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is not JSON: ${error.message}.`);
  }
}
