// Runs one case against a server and prints what it found as JSON:
//   node smoke.mjs openai-chat BASE_URL KEY MODEL

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, generateText, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const [name, baseURL, apiKey, model] = process.argv.slice(2);

const question = "Which colour is the wall, and is it dry?";
const Wall = z.object({ colour: z.enum(["red", "green", "blue"]), dry: z.boolean() });
const parameters = {
  type: "object",
  properties: { colour: { type: "string", enum: ["red", "green", "blue"] }, dry: { type: "boolean" } },
  required: ["colour", "dry"],
  additionalProperties: false,
};
const messages = [{ role: "user", content: question }];
const asked = { model, messages, max_tokens: 200, temperature: 0 };

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const provider = createOpenAICompatible({
  name: "here",
  baseURL,
  apiKey,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const called = { model: provider(model), prompt: question, maxOutputTokens: 200, temperature: 0, maxRetries: 0 };
const tools = { paint: tool({ description: "Paints.", inputSchema: Wall }) };

const cases = {
  async "openai-chat"() {
    const answer = await client.chat.completions.create(asked);
    return { text: answer.choices[0].message.content, tokens: answer.usage.completion_tokens };
  },
  async "openai-stream"() {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? "";
    }
    return { text };
  },
  async "openai-tool"() {
    const tools = [{ type: "function", function: { name: "paint", parameters, strict: true } }];
    const stream = client.chat.completions.stream({ ...asked, tools, tool_choice: "required" });
    const answer = await stream.finalChatCompletion();
    const call = answer.choices[0].message.tool_calls[0];
    return { name: call.function.name, wall: JSON.parse(call.function.arguments) };
  },
  async "openai-structured"() {
    const answer = await client.chat.completions.parse({ ...asked, response_format: zodResponseFormat(Wall, "wall") });
    return { wall: answer.choices[0].message.parsed };
  },
  async "openai-responses"() {
    const stream = client.responses.stream({ model, input: question, max_output_tokens: 200, store: false });
    const kinds = [];
    stream.on("event", (event) => kinds.push(event.type));
    const answer = await stream.finalResponse();
    return { kinds: [kinds[0], kinds.at(-1)], text: answer.output_text };
  },
  async "ai-chat"() {
    const answer = await generateText(called);
    return { text: answer.text, tokens: answer.usage.outputTokens };
  },
  async "ai-stream"() {
    const answer = streamText(called);
    let text = "";
    for await (const piece of answer.textStream) text += piece;
    return { text, tokens: (await answer.usage).outputTokens };
  },
  async "ai-tool"() {
    const answer = await generateText({ ...called, tools, toolChoice: "required" });
    return { name: answer.toolCalls[0].toolName, wall: answer.toolCalls[0].input };
  },
  async "ai-streamed-tool"() {
    const answer = streamText({ ...called, tools, toolChoice: { type: "tool", toolName: "paint" } });
    const calls = await answer.toolCalls;
    return { name: calls[0].toolName, wall: calls[0].input };
  },
  async "ai-structured"() {
    const answer = await generateText({ ...called, output: Output.object({ schema: Wall }) });
    return { wall: answer.output };
  },
};

console.log(JSON.stringify(name === "list" ? Object.keys(cases) : await cases[name]()));
