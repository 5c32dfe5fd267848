import type { Clock } from "../../core/clock.ts";
import type { Environment } from "../../core/configuration/config.ts";
import type { Discovery } from "../../discovery/discovery.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import type { Log } from "../../telemetry/log.ts";

/** What a process finds around itself. What is not given is made from the environment; tests give what they share. */
export type Surroundings = {
  readonly environment: Environment;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly discovery?: Discovery;
  readonly broker?: Broker;
};

/** A service that is ready. */
export type Running = {
  readonly name: string;
  /** Where it listens, `http://host:port`. */
  readonly url: string;
  /** Resolves as soon as somebody is known of each service that it calls. */
  found(): Promise<void>;
  /** Drains and stops: finishes what is under way, takes nothing new. */
  stop(): Promise<void>;
};
