// The same request as code: for curl, Python, JavaScript.

import { button, dialog, fill, h } from "../dom.js";
import { copying } from "../take.js";

const WAYS = {
  curl: (base, body) => [
    `curl -N ${base}/v1/responses \\`,
    `  -H "Authorization: Bearer $LLM_API_KEY" -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify({ ...body, stream: true }, null, 2).replaceAll("'", "'\\''")}'`,
  ],
  Python: (base, body) => [
    "import json, os",
    "",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${base}/v1", api_key=os.environ["LLM_API_KEY"])`,
    `body = json.loads(r"""${JSON.stringify(body, null, 2).replaceAll('"""', '\\"\\"\\"')}""")`,
    "own = {name: body.pop(name) for name in (\"top_k\", \"min_p\", \"repeat_penalty\", \"seed\") if name in body}",
    "for event in client.responses.create(**body, stream=True, extra_body=own):",
    '    if event.type == "response.output_text.delta":',
    '        print(event.delta, end="", flush=True)',
  ],
  JavaScript: (base, body) => [
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: "${base}/v1", apiKey: process.env.LLM_API_KEY });`,
    `const stream = await client.responses.create({ ...${JSON.stringify(body, null, 2)}, stream: true });`,
    "for await (const event of stream) {",
    '  if (event.type === "response.output_text.delta") process.stdout.write(event.delta);',
    "}",
  ],
};

/** Shows a request's body in three languages. The key never stands in it. */
export function asCode(body) {
  return dialog("As code", (close) => {
    const shown = h("code");
    let text = "";
    const show = (name) => fill(shown, (text = WAYS[name](location.origin, body).join("\n")));
    const copy = copying(() => text, { class: "main" });
    show("curl");
    return h("div", {}, h("div", { class: "row" }, Object.keys(WAYS).map((name) => button(name, () => (show(name), (copy.textContent = "Copy"))))),
      h("div", { class: "code" }, h("pre", { tabIndex: 0 }, shown)),
      h("p", { class: "soft" }, "Your key belongs into the variable LLM_API_KEY."),
      h("div", { class: "row end" }, button("Close", () => close()), copy));
  });
}
