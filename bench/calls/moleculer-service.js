import { createServer } from "node:net";
import { ServiceBroker } from "moleculer";
import { reserve } from "./reserve.js";
import { isGood } from "./token.js";

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const broker = new ServiceBroker({
  nodeID: "service",
  logger: false,
  transporter: { type: "TCP", options: { udpDiscovery: false, port, urls: [] } },
  tracing: { enabled: true, exporter: null, sampling: { rate: 0.1 } },
  middlewares: [
    {
      localAction: (next) => (ctx) => {
        if (!isGood(ctx.meta.token)) throw new Error("a token is required");
        return next(ctx);
      },
    },
  ],
});
broker.createService({
  name: "reservations",
  actions: {
    reserve: {
      params: {
        $$strict: true,
        id: { type: "string", min: 1, max: 64 },
        customerId: { type: "string", min: 1, max: 64 },
        items: {
          type: "array",
          min: 1,
          max: 100,
          items: {
            type: "object",
            strict: true,
            props: {
              productId: { type: "string", min: 1, max: 64 },
              quantity: { type: "number", integer: true, min: 1, max: 1000 },
            },
          },
        },
      },
      handler: ({ params }) => reserve(params.id, params),
    },
  },
});
await broker.start();
process.on("disconnect", () => process.exit(0));
process.send?.(String(port));
