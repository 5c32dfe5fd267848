import { test } from "node:test";
import { rabbitmqMissing, rabbitmqNode } from "../../../../chassis/src/testing/servers/rabbitmq.ts";
import { killEverywhere } from "./kill-everywhere.ts";
import { killsUnder } from "./kills.ts";

const kills = killsUnder("place", "rabbitmq");

test(`on RabbitMQ, too, an order is reserved, charged, confirmed and told of once, with kills at ${kills.length} places`, {
  skip: rabbitmqMissing,
}, async (t) => {
  const node = await rabbitmqNode();
  await killEverywhere(t, "place", kills, `${node.url}?exchange=kills`);
});
