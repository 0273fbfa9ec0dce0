// Drives the vendor's npm SDK, unchanged: node sdk.mjs FOLDER-OF-THE-SDK URL KEY. Prints what came of it as JSON.
import { createRequire } from "node:module";

const [folder, baseURL, apiKey] = process.argv.slice(2);
const loaded = createRequire(`${folder}/`)("@anthropic-ai/sdk");
const { Anthropic } = loaded;

const client = (session, more = {}) =>
  new Anthropic({ baseURL, apiKey, maxRetries: 0, defaultHeaders: { "x-claude-code-session-id": session }, ...more });
const asking = (content) => ({ model: "claude-test-1", max_tokens: 99, messages: [{ role: "user", content }] });
const words = (message) => message.content.map((block) => block.text).join("");

async function refusal(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return { class: error.constructor.name, status: error.status, message: error.message, request: error.requestID };
  }
}

const one = client("npm");
const created = await one.messages.create(asking("Grüße"));
const counted = await one.messages.countTokens({ model: "claude-test-1", messages: asking("x").messages });
const listed = [];
for await (const model of one.models.list()) listed.push(model.id);

const stream = client("npm-stream").messages.stream(asking("word by word"));
const parts = [];
stream.on("text", (part) => parts.push(part));
const final = await stream.finalMessage();

const many = client("npm-many", { apiKey: null, authToken: apiKey });
const at_once = await Promise.all(
  Array.from({ length: 30 }, async (_, number) => words(await many.messages.stream(asking(`${number}`)).finalMessage())),
);

const errors = {};
for (const word of ["fail-400", "fail-429", "fail-500", "fail-529"]) {
  errors[word] = await refusal(client("npm-errors").messages.create(asking(word)));
}
errors["in-stream"] = await refusal(client("npm-errors").messages.stream(asking("fail-in-stream")).finalMessage());
errors["break-off"] = await refusal(client("npm-errors").messages.stream(asking("break-off")).finalMessage());
errors.stranger = await refusal(client("x", { apiKey: "sk-ant-oat01-somebodys" }).messages.create(asking("x")));
const again = await client("npm-again", { maxRetries: 2 }).messages.create(asking("fail-529 twice then well"));

console.log(
  JSON.stringify({
    created: words(created), request: created._request_id, usage: created.usage.output_tokens,
    counted: counted.input_tokens, listed, parts, final: words(final), at_once, errors, again: words(again),
  }),
);
