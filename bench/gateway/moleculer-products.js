// What all gateways forward to when nginx is not it: one product, for the subjects that need services of their own kind.
import { readFileSync } from "node:fs";
import { ServiceBroker } from "moleculer";

const product = JSON.parse(readFileSync(new URL("./product.json", import.meta.url), "utf8"));
const broker = new ServiceBroker({
  nodeID: "products",
  logger: false,
  transporter: { type: "TCP", options: { udpDiscovery: false, port: Number(process.env.NODE_PORT), urls: [] } },
});
broker.createService({ name: "products", actions: { get: () => product } });
await broker.start();
process.send?.("ready");
