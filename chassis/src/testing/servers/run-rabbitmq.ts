import { once } from "node:events";
import { rabbitmqMissing, startRabbitmq } from "./rabbitmq.ts";

/* A node of RabbitMQ for whoever starts this file: writes its URL, and ends it with the standard input. */
if (rabbitmqMissing) {
  console.error(rabbitmqMissing);
  process.exit(1);
}
const hooks: (() => void | Promise<void>)[] = [];
const { url } = await startRabbitmq({ after: (hook) => void hooks.push(hook) });
console.log(url);
await once(process.stdin.resume(), "end");
// Hooks may add hooks.
for (let hook = hooks.shift(); hook; hook = hooks.shift()) await hook();
process.exit(0);
