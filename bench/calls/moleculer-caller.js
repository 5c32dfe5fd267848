import { ServiceBroker } from "moleculer";
import { answerMeasures } from "./caller.js";
import { body, id } from "./reserve.js";
import { sign } from "./token.js";

const broker = new ServiceBroker({
  nodeID: "caller",
  logger: false,
  transporter: {
    type: "TCP",
    options: { udpDiscovery: false, urls: [`127.0.0.1:${process.env.SERVICE}/service`] },
  },
  requestTimeout: 10_000,
  circuitBreaker: { enabled: true },
  retryPolicy: { enabled: true, retries: 2 },
  tracing: { enabled: true, exporter: null, sampling: { rate: 0.1 } },
});
await broker.start();
await broker.waitForServices("reservations");
const meta = { token: sign() };
answerMeasures(() => broker.call("reservations.reserve", { id, ...body }, { meta }));
