import { ServiceBroker } from "moleculer";
import { answerMeasures } from "./caller.js";
import { options, reply, sameWork } from "./moleculer-options.js";
import { body, id } from "./reserve.js";
import { sign } from "./token.js";

const checkReply = {
  remoteAction(next) {
    const check = this.validator.compile(reply);
    return async (context) => {
      const answer = await next(context);
      if (check(answer) !== true) throw new Error("a reply that is not valid");
      return answer;
    };
  },
};
const broker = new ServiceBroker({
  nodeID: "caller",
  logger: false,
  transporter: {
    type: "TCP",
    options: { udpDiscovery: false, urls: [`127.0.0.1:${process.env.SERVICE}/service`] },
  },
  ...options,
  ...(sameWork
    ? {
        circuitBreaker: { enabled: true },
        retryPolicy: { enabled: true, retries: 2 },
        middlewares: [checkReply],
      }
    : {}),
});
await broker.start();
await broker.waitForServices("reservations");

async function callInSpan() {
  const span = broker.tracer.startSpan("measure");
  try {
    return await broker.call("reservations.reserve", { id, ...body }, { meta, parentSpan: span });
  } finally {
    span.finish();
  }
}

const meta = { token: sign() };
answerMeasures(sameWork ? callInSpan : () => broker.call("reservations.reserve", { id, ...body }));
