// What people take away from the page: copies of texts, and files.

import { call } from "./api.js";
import { button, dialog, h } from "./dom.js";

/** A button that copies what `text` gives then. */
export function copying(text, traits = {}) {
  const node = button("Copy", async () => {
    if (await copied(text())) node.textContent = "Copied";
  }, traits);
  return node;
}

/** Whether a text was copied. Over plain HTTP browsers give no clipboard: then the old command, else by hand. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return commanded(text) || byHand(text);
  }
}

/** Copies by the command that copies what is selected. Beside an open dialog nothing can be selected, so within it. */
function commanded(text) {
  const before = document.activeElement;
  const area = h("textarea", { value: text, class: "skip", readOnly: true });
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

async function byHand(text) {
  const area = h("textarea", { value: text, rows: 8, readOnly: true, "aria-label": "Text to copy" });
  const closed = dialog("Copy it with Ctrl+C or ⌘C", (close) => h("div", {}, area, h("div", { class: "row end" }, button("Close", () => close(), { class: "main" }))));
  area.select();
  await closed;
  return false;
}

/** Saves what a path answers as a file of this name. */
export async function download(path, name) {
  const url = URL.createObjectURL(await (await call("GET", path)).blob());
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
