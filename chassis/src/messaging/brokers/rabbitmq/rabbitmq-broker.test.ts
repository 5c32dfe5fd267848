import { describe, it } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import { newId } from "../../../core/id.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../../testing/servers/rabbitmq.ts";
import { brokerSuite } from "../../../testing/suites/broker-suite.ts";
import { quiet } from "../../messaging.fixture.ts";
import { rabbitmqBroker } from "./rabbitmq-broker.ts";

if (rabbitmqMissing) {
  describe("rabbitmq broker", { skip: rabbitmqMissing }, () => {
    it("passes the suite of the brokers", () => {});
  });
} else {
  brokerSuite("rabbitmq", async () => {
    const node = await rabbitmqNode();
    const url = `${node.url}?exchange=suite-${newId()}`;
    return { connect: () => rabbitmqBroker({ url, clock: systemClock, log: quiet }) };
  });
}
