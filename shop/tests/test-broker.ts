import { rabbitmqNode } from "../../chassis/src/testing/rabbitmq.ts";

/**
 * The broker that the tests of the shop run on: RabbitMQ, on a node of the file's own, when TEST_BROKER says `rabbitmq`; undefined is
 * the broker that comes with the shop. What is on it is kept apart by `name`.
 */
export async function brokerUrlOfTests(name: string): Promise<string | undefined> {
  if (process.env["TEST_BROKER"] !== "rabbitmq") return undefined;
  const node = await rabbitmqNode();
  return `${node.url}?exchange=${name}`;
}
