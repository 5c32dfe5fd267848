import { test } from "node:test";
import { rabbitmqMissing, rabbitmqNode } from "../../../../chassis/src/testing/servers/rabbitmq.ts";
import { killEverywhere } from "./kill-everywhere.ts";
import { killsUnder } from "./kills.ts";

const kills = killsUnder("cancel", "rabbitmq");

test(`on RabbitMQ, too, a cancelled order is refunded, released and told of once, with kills at ${kills.length} places`, {
  skip: rabbitmqMissing,
}, async (t) => {
  const node = await rabbitmqNode();
  await killEverywhere(t, "cancel", kills, `${node.url}?exchange=kills`);
});
