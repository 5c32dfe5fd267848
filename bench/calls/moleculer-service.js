import { createServer } from "node:net";
import { ServiceBroker } from "moleculer";
import { input, options, sameWork } from "./moleculer-options.js";
import { reserve } from "./reserve.js";
import { isGood } from "./token.js";

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const checkToken = {
  localAction: (next) => (context) => {
    if (!isGood(context.meta.token)) throw new Error("a token is required");
    return next(context);
  },
};
const broker = new ServiceBroker({
  nodeID: "service",
  logger: false,
  transporter: { type: "TCP", options: { udpDiscovery: false, port, urls: [] } },
  ...options,
  ...(sameWork
    ? { bulkhead: { enabled: true, concurrency: 256, maxQueueSize: 1_024 }, middlewares: [checkToken] }
    : {}),
});
broker.createService({
  name: "reservations",
  actions: { reserve: { params: input, handler: ({ params }) => reserve(params.id, params) } },
});
await broker.start();
process.on("disconnect", () => process.exit(0));
process.send?.(String(port));
