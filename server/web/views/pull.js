// Adding a model from a hub: what a repository has, what of it fits, and a job that fetches it.

import { get, post } from "../api.js";
import { button, dialog, field, fill, h, put, size, table } from "../dom.js";
import { open } from "./jobs.js";

/** Asks for a repository, shows its files, and fetches the one that is chosen. */
export function adding() {
  const repo = h("input", { required: true, placeholder: "owner/name", spellcheck: false, autocomplete: "off" });
  const found = h("div", { "aria-live": "polite" });
  return dialog("Add a model", (close) => {
    const fetched = (file) => async () => {
      try {
        const job = await post("/v1/models/pull", { repo: repo.value.trim(), file });
        close();
        await open(job.id);
      } catch (error) {
        fill(found, h("p", { class: "trouble", role: "alert" }, error.message));
      }
    };
    const look = async (event) => {
      event.preventDefault();
      fill(found, h("p", { class: "soft" }, "Looking …"));
      try {
        const { data } = await get(`/v1/hub?repo=${encodeURIComponent(repo.value.trim())}`);
        if (!data.length) return fill(found, h("p", { class: "empty" }, "This repository has no GGUF files."));
        fill(found, table(["file", "size", "here", ""], data.map((one) => [
          one.file, size(one.bytes ?? one.size), one.fits ? h("span", { class: "chip good" }, "fits") : h("span", { class: "chip warn" }, "too large now"),
          button("Fetch", fetched(one.file), { "aria-label": `Fetch ${one.file}` })])));
      } catch (error) {
        fill(found, h("p", { class: "trouble", role: "alert" }, error.message));
      }
    };
    return put(h("form", { onsubmit: look }), field("Repository of a hub", repo, "Nothing is fetched before you choose a file."), found,
      h("p", { class: "soft" }, "A file of your own: ", h("code", {}, "llm-api models add FILE"), " on the server's machine."),
      h("div", { class: "row end" }, button("Close", () => close()), h("button", { type: "submit", class: "main" }, "Look")));
  });
}
