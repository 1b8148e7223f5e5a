// Compare: one prompt to two models, or to one under two settings, side by side.

import { call, events } from "../api.js";
import { button, field, fill, h, put } from "../dom.js";
import { Growing } from "../markdown.js";

export async function view(main, house) {
  const sides = [new Side(house, 0), new Side(house, 1)];
  const prompt = h("textarea", { rows: 4, placeholder: "What both are asked" });
  const ask = async (event) => {
    event?.preventDefault();
    if (!prompt.value.trim()) return prompt.focus();
    go.hidden = true;
    stop.hidden = false;
    await Promise.all(sides.map((side) => side.ask(prompt.value)));
    go.hidden = false;
    stop.hidden = true;
  };
  const go = h("button", { type: "submit", class: "main" }, "Ask both");
  const stop = button("Stop", () => sides.forEach((side) => side.stop()), { class: "bad", hidden: true });
  put(main, h("div", { class: "view" }, h("h1", {}, "Compare"),
    h("p", { class: "soft" }, "The same words to two models, or to one with other settings. Nothing of it is kept."),
    h("form", { onsubmit: ask }, field("Prompt", prompt), h("div", { class: "row" }, go, stop)),
    h("div", { class: "sides" }, sides.map((side) => side.node))));
  return { close: () => sides.forEach((side) => side.stop()) };
}

class Side {
  constructor(house, number) {
    const models = house.models.map(({ id }) => id);
    this.model = h("select", {}, models.map((id) => h("option", { value: id }, id)));
    this.model.value = models[Math.min(number, models.length - 1)] ?? "";
    this.system = h("textarea", { rows: 2 });
    this.temperature = h("input", { type: "number", min: 0, max: 2, step: 0.05, placeholder: "as the card", value: number ? "1" : "" });
    this.answer = h("div", { class: "text", dir: "auto" });
    this.facts = h("p", { class: "soft" });
    this.node = h("section", { class: "card", "aria-label": `Side ${number + 1}` }, field("Model", this.model), field("System message", this.system),
      field("Temperature", this.temperature), this.answer, this.facts);
  }

  stop() {
    this.running?.abort();
  }

  async ask(prompt) {
    this.running = new AbortController();
    const growing = new Growing(this.answer);
    let text = "";
    let frame = 0;
    const draw = () => ((frame = 0), growing.draw(text));
    growing.draw("");
    fill(this.facts, "…");
    const body = { model: this.model.value, stream: true, stream_options: { include_usage: true }, messages: [{ role: "user", content: prompt }] };
    if (this.system.value.trim()) body.messages.unshift({ role: "system", content: this.system.value });
    if (this.temperature.value !== "") body.temperature = Number(this.temperature.value);
    const began = performance.now();
    let first = null;
    try {
      for await (const { data } of events(await call("POST", "/v1/chat/completions", body, { signal: this.running.signal }))) {
        if (data.error) throw new Error(data.error.message);
        const piece = data.choices[0]?.delta?.content;
        if (piece) {
          first ??= performance.now();
          text += piece;
          frame ||= requestAnimationFrame(draw);
        }
        if (data.usage) this.told(data.usage, began, first);
      }
    } catch (error) {
      fill(this.facts, error.name === "AbortError" ? "Stopped." : error.message);
    }
    draw();
  }

  told(usage, began, first) {
    const seconds = (performance.now() - (first ?? began)) / 1000;
    fill(this.facts, `${usage.completion_tokens} tokens, ${(usage.completion_tokens / Math.max(seconds, 0.001)).toFixed(1)} a second, first after ${Math.round((first ?? began) - began)} ms`);
  }
}
