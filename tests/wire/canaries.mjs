// Reports by the vendors' SDKs for Node, unchanged, with a word in all that they take: node canaries.mjs FOLDER KEY PORT WORD
import { createRequire } from "node:module";

const [folder, key, port, word] = process.argv.slice(2);
const from = (place) => createRequire(`${folder}/${place}/package.json`);
const Sentry = from("sentry")("@sentry/node");
const statsigModule = from("statsig")("statsig-node");
const statsig = statsigModule.default ?? statsigModule;

Sentry.init({
  dsn: `http://${key}@127.0.0.1:${port}/1`, tracesSampleRate: 1, sendDefaultPii: true, release: "1.2.3",
  serverName: word, environment: "test", includeLocalVariables: true,
});
Sentry.setUser({ id: word, email: `${word}@acme.test`, ip_address: "10.1.2.3" });
Sentry.setTag("note", word);
Sentry.setExtra("prompt", word);
Sentry.setContext("code", { text: word });
Sentry.addBreadcrumb({ message: word, data: { file: `/home/ann/${word}.js` } });
Sentry.startSpan({ name: word, attributes: { "db.statement": word } }, () => {
  const secret = word; // CANARY-in-source-9f3a7c
  try {
    throw new TypeError(`could not parse /home/ann/${secret}`);
  } catch (error) {
    Sentry.captureException(error);
  }
});
Sentry.captureMessage(word);
await Sentry.flush(5000);

await statsig.initialize(`secret-${key}`, { api: `http://127.0.0.1:${port}/v1/` });
statsig.logEvent(
  { userID: word, email: `${word}@acme.test`, custom: { path: `/home/ann/${word}` } }, "opened", word,
  { file: `/home/ann/${word}`, note: word, count: 2 },
);
await statsig.flush();
await statsig.shutdown();
process.stdout.write("done\n");
