// The door: a key, and how long to keep it.

import { get, session } from "../api.js";
import { button, fill, h } from "../dom.js";

/** Asks for a key, checks it, keeps it, and calls `inside`. */
export function enter(main, why, inside) {
  const key = h("input", { type: "password", id: "key", autocomplete: "off", spellcheck: false, required: true, placeholder: "id.secret" });
  const stay = h("input", { type: "checkbox", id: "stay" });
  const trouble = h("div", { role: "alert" });
  const go = h("button", { type: "submit", class: "main" }, "Enter");
  const submit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    fill(trouble);
    try {
      await get("/v1/models", { key: key.value.trim() });
      session.enter(key.value.trim(), stay.checked);
      await inside();
    } catch (error) {
      const text = error.status === 401 ? "The server does not know this key, or it has expired." : error.message;
      fill(trouble, h("p", { class: "trouble" }, text));
      key.focus();
    } finally {
      go.disabled = false;
    }
  };
  fill(main, h("div", { class: "enter" }, h("form", { class: "card", onsubmit: submit },
    h("h1", {}, "llm-api"),
    h("p", { class: "soft" }, "Models of this machine, for whoever has a key."),
    why && h("p", { class: "trouble" }, why),
    h("div", { class: "field" }, h("label", { for: "key" }, "Your key"),
      h("div", { class: "row" }, h("div", { class: "grow" }, key),
        button("Show", ({ target }) => {
          key.type = key.type === "password" ? "text" : "password";
          target.textContent = key.type === "password" ? "Show" : "Hide";
        }))),
    h("div", { class: "check" }, stay, h("label", { for: "stay" }, "Keep it in this browser (else until this tab is closed)")),
    trouble,
    h("div", { class: "row end" }, go),
    h("p", { class: "soft" }, "The first start of the server prints a key. Another one: ", h("code", {}, "llm-api keys create NAME"), "."),
  )));
  document.title = "llm-api";
  key.focus();
}
