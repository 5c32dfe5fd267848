import { createBalancer } from "../../chassis/src/client/targets/balancer.ts";
import { staticDiscovery } from "../../chassis/src/discovery/static.ts";
import { type Row, row } from "../report.ts";

const INSTANCES = 100;
const PICKS = 1_000_000;

/** Nanoseconds to find an instance of a hundred, and to say that its call went well. */
export function measureFinding(): Row {
  const addresses = Array.from({ length: INSTANCES }, (_, index) => `http://127.0.0.1:${20_000 + index}`);
  const discovery = staticDiscovery({ reservations: addresses });
  const balancer = createBalancer(() => discovery.instances("reservations"), { random: Math.random });
  const runs = Array.from({ length: 6 }, () => {
    const begin = performance.now();
    for (let pick = 0; pick < PICKS; pick++) {
      const now = performance.now();
      const instance = balancer.pick(now);
      if (instance) balancer.done(instance, "good", now);
    }
    return ((performance.now() - begin) / PICKS) * 1e6;
  });
  // The first two are spent on compiling it.
  return row("flotilla", "finding an instance of 100 (bar: 1,000 or less)", "ns", runs.slice(2));
}
