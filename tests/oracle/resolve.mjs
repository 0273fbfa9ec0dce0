// Answers one JSON line with the vendor's own effective settings for each line {"cwd", "config", "server"} it is given.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { resolveSettings } = await import(pathToFileURL(process.argv[2]).href);
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.env.CLAUDE_CONFIG_DIR = asked.config;
  const options = { cwd: asked.cwd };
  if (asked.server) options.serverManagedSettings = asked.server;
  const { effective, sources } = await resolveSettings(options);
  process.stdout.write(JSON.stringify({ effective, layers: sources.map((one) => one.source) }) + '\n');
}
