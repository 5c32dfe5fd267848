import type { Clock } from "../../../core/clock.ts";
import { ConfigurationError } from "../../../core/configuration/config.ts";
import type { Log } from "../../../telemetry/log.ts";
import type { Broker, BrokerState } from "../broker.ts";
import { type Served, serve } from "./consuming/subscription.ts";
import { keepLinked, type Link } from "./link.ts";
import { namesBelow } from "./names.ts";
import { createPublisher } from "./publisher.ts";

export type RabbitmqBrokerOptions = {
  /**
   * `amqp://user:password@host:port/vhost`; several nodes of a cluster with commas between them. `?exchange=name` names the topic
   * exchange that events are published to, and everything else is named after it (default `flotilla`): so several systems can share a vhost.
   * `?users=services` says that each service signs in as the user of its own name: then the broker vouches for who published a message, and
   * a message in another's name is handed over with a fault.
   */
  url: string;
  /** What the broker shows as the name of the connections. Default `broker`. */
  name?: string;
  clock: Clock;
  log: Log;
};

/**
 * Opens RabbitMQ as a broker. One connection publishes and one consumes, so that a broker that takes no messages still gives
 * some; both come back by themselves, and what they need is declared anew.
 */
export async function rabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const { url, name = "broker", clock, log } = options;
  const urls = readUrls(url);
  const { searchParams, username } = new URL(urls[0] as string);
  const names = namesBelow(searchParams.get("exchange") ?? "flotilla");
  const checkUser = searchParams.get("users") === "services";
  const userId = checkUser ? decodeURIComponent(username) : undefined;
  const publisher = createPublisher({ urls, name: `${name} publishes`, names, userId, clock, log });
  const serving = new Set<Served>();
  let link: Link | undefined;
  let closing: Promise<void> | undefined;

  const wakeAll = () => {
    for (const served of serving) served.wake();
  };

  async function close(): Promise<void> {
    for (const served of serving) served.abandon();
    serving.clear();
    await Promise.all([publisher.close(), link?.close()]);
  }

  return {
    declare: publisher.declare,
    withdraw: publisher.withdraw,
    publish: publisher.publish,
    async subscribe(subscription) {
      link ??= keepLinked({ urls, name: `${name} consumes`, clock, log, onConnect: wakeAll });
      const consuming = link;
      const served = serve({
        subscription,
        names,
        checkUser,
        clock,
        log,
        connection: consuming.current,
        reset: consuming.reset,
      });
      serving.add(served);
      await consuming.connected();
      await served.ready;
      return async () => {
        await served.stop();
        serving.delete(served);
      };
    },
    state() {
      const serves = serving.values().every((served) => served.works());
      return worstOf(publisher.state(), link?.state() ?? "connected", serves ? "connected" : "away");
    },
    close: () => (closing ??= close()),
  };
}

/** Away counts before blocked: the one that consumes is never told that it is blocked. */
const worstOf = (...states: BrokerState[]): BrokerState =>
  (["away", "blocked"] as const).find((state) => states.includes(state)) ?? "connected";

function readUrls(text: string): string[] {
  const urls = text.split(",").map((each) => each.trim());
  const wrong = urls.some((url) => !URL.canParse(url) || !/^amqps?:$/.test(new URL(url).protocol));
  if (wrong)
    throw new ConfigurationError(["BROKER_URL must be amqp://user:password@host:port, or several with commas"]);
  return urls;
}
