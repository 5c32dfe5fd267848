import { describe, it } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import { brokerSuite } from "../../testing/broker-suite.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../testing/rabbitmq.ts";
import { quiet } from "../messaging.fixture.ts";
import { rabbitmqBroker } from "./rabbitmq-broker.ts";

if (rabbitmqMissing) {
  describe("rabbitmq broker", { skip: rabbitmqMissing }, () => {
    it("passes the suite of the brokers", () => {});
  });
} else {
  brokerSuite("rabbitmq", async () => {
    const { url } = await rabbitmqNode();
    const exchange = `suite-${newId()}`;
    return { connect: () => rabbitmqBroker({ url, exchange, clock: systemClock, log: quiet }) };
  });
}
