import type { Database } from "../../database/database.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { hurriedClock } from "../hurried-clock.ts";
import { startParts } from "./engine-parts.fixture.ts";
import { type Ended, empty, readEnd, settled } from "./engine-state.fixture.ts";
import { decide } from "./operators.fixture.ts";
import type { Scenario, UseCase } from "./scenario.fixture.ts";
import { makeTables } from "./serial-programs.fixture.ts";
import { createUseCases } from "./use-cases.fixture.ts";
import { watchedBroker } from "./watched-broker.fixture.ts";

/** All the engine's parts over one database and one broker, and scenarios played on them one after another. */
export async function engineWorld(database: Database, openBroker: () => Promise<Broker>) {
  await makeTables(database);
  const own = await openBroker();
  const watched = watchedBroker(own);
  const parts = await startParts(database, openBroker, watched.broker);
  const { work } = parts;
  const { run: runUseCase, sendStrange } = createUseCases(database, watched.broker, parts);

  return {
    async stop() {
      await parts.stop();
      await own.close();
    },
    async play(scenario: Scenario): Promise<Ended> {
      // What a scenario that failed has left behind is waited for before the tables are emptied.
      work.repair();
      watched.refuse(0);
      await settled(database, []);
      await empty(database);
      await parts.runVersion(1);
      const run = work.begin(scenario);
      watched.refuse(scenario.outage);
      const restarting = scenario.restarts.map(({ part, after, kill }) =>
        hurriedClock.sleep(after * 10).then(() => parts.restart(part, kill && part === "consumer")),
      );
      const refused = await Promise.all(scenario.useCases.map((each, useCase) => runUseCase(each, { run, useCase })));
      const committed = [...refused.keys()].filter((useCase) => refused[useCase] === undefined);
      const strange = await Promise.all(
        committed.map((useCase) => sendStrange(scenario.useCases[useCase] as UseCase, { run, useCase })),
      );
      await Promise.all(restarting);
      await settled(database, strange.flat());
      if (scenario.upgrade) await parts.runVersion(2);
      work.repair();
      const decisions = await decide({ database, sagas: parts.sagas(), letters: parts.letters, scenario });
      await settled(database, strange.flat());
      const remote = work.remote();
      return {
        ...(await readEnd(database)),
        committed: new Set(committed),
        refused,
        decisions,
        remote: remote.effects,
        seen: remote.fault ?? watched.fault(),
      };
    },
  };
}
