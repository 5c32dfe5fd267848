import { equal, rejects } from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { quiet } from "../messaging.fixture.ts";
import { connectBroker } from "./connect-broker.ts";

const options = { name: "test", clock: systemClock, log: quiet };

describe("connecting to a broker", () => {
  it("chooses the driver by the scheme of the URL", async (t) => {
    const { url } = await testDatabase(t);
    for (const each of ["memory:", url, url.replace("postgres:", "postgresql:")]) {
      const broker = await connectBroker(each, options);
      await broker.declare(new Map());
      equal(broker.state(), "connected");
      await broker.close();
    }
  });

  it("names the schemes it knows when it does not know the one given, and shows nothing else of the URL", async () => {
    for (const url of ["carrier-pigeon://user:secret@coop", "rubbish", ""]) {
      await rejects(connectBroker(url, options), (error: unknown) => {
        equal(error instanceof ConfigurationError, true);
        equal((error as ConfigurationError).faults.length, 1);
        equal(/secret|rubbish|coop/.test(String(error)), false);
        return true;
      });
    }
  });
});
