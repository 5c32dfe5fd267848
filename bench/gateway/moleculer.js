// Moleculer-web before a service in a process of its own: its way to forward is a call over the transporter.
import jsonwebtoken from "jsonwebtoken";
import { ServiceBroker } from "moleculer";
import ApiService from "moleculer-web";

const { SECRET, NODE_PORT, PRODUCTS_PORT } = process.env;
const urls = [`127.0.0.1:${PRODUCTS_PORT}/products`];
const broker = new ServiceBroker({
  nodeID: "gateway",
  logger: { type: "Console", options: { level: "info", colors: false } },
  transporter: { type: "TCP", options: { udpDiscovery: false, port: Number(NODE_PORT), urls } },
});
const api = broker.createService({
  name: "api",
  mixins: [ApiService],
  settings: {
    port: 0,
    ip: "127.0.0.1",
    logRequest: null,
    logResponse: "info",
    rateLimit: { window: 60_000, limit: 1e9, headers: true },
    routes: [{ path: "/api", authentication: true, aliases: { "GET products/:id": "products.get" } }],
  },
  methods: {
    authenticate: (_, __, request) =>
      jsonwebtoken.verify(request.headers.authorization?.slice(7) ?? "", SECRET, { algorithms: ["HS256"] }),
  },
});
await broker.start();
await broker.waitForServices("products", 20_000);
process.send?.(api.server.address().port);
