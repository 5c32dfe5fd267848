import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Discovery, Instances } from "../../discovery/discovery.ts";
import { eventually } from "../eventually.ts";

/** A driver of discovery, and the real thing that it asks. */
export type DiscoveryUnderTest = {
  /** What a process would use; the suite closes it. */
  connect(): Discovery;
  /** Makes these the instances, for everybody. */
  set(instances: Instances): Promise<void> | void;
  /** Takes the registry away and gives it back, empty. Absent where there is none. */
  readonly registry?: { stop(): Promise<void>; start(): Promise<void> };
};

/** What every driver of discovery owes. `origin` makes addresses that the driver can tell, from numbers. */
export function discoverySuite(
  driver: string,
  start: (t: TestContext) => Promise<DiscoveryUnderTest> | DiscoveryUnderTest,
  { origin, skip = false }: { origin: (number: number) => string; skip?: string | false },
): void {
  const [one, two, three] = [origin(1), origin(2), origin(3)];
  const suite = (title: string, body: (t: TestContext, under: DiscoveryUnderTest) => Promise<void>) =>
    test(`${driver}: ${title}`, { skip }, async (t) => body(t, await start(t)));
  const connect = (t: TestContext, under: DiscoveryUnderTest) => {
    const discovery = under.connect();
    t.after(() => discovery.close());
    return discovery;
  };
  const comesToKnow = (discovery: Discovery, service: string, expected: readonly string[]) =>
    eventually(() => {
      assert.deepEqual([...discovery.instances(service)].sort(), [...expected].sort());
      return true;
    });

  suite("the instances of each service are known, and of no other", async (t, under) => {
    await under.set({ orders: [one, two], users: [three] });
    const discovery = connect(t, under);
    await comesToKnow(discovery, "orders", [one, two]);
    await comesToKnow(discovery, "users", [three]);
    for (const name of ["nobody", "constructor", "__proto__"]) assert.deepEqual(discovery.instances(name), []);
  });

  suite("who comes and who goes is heard of by all", async (t, under) => {
    await under.set({ orders: [one] });
    const all = [connect(t, under), connect(t, under)];
    for (const each of all) await comesToKnow(each, "orders", [one]);
    await under.set({ orders: [one, two] });
    for (const each of all) await comesToKnow(each, "orders", [one, two]);
    await under.set({ orders: [two] });
    for (const each of all) await comesToKnow(each, "orders", [two]);
  });

  suite("while nothing changes, the instances are the same array", async (t, under) => {
    await under.set({ orders: [one, two], users: [three] });
    const discovery = connect(t, under);
    await comesToKnow(discovery, "orders", [one, two]);
    await comesToKnow(discovery, "users", [three]);
    const before = discovery.instances("orders");
    await under.set({ orders: [one, two], users: [one] });
    await comesToKnow(discovery, "users", [one]);
    assert.ok(before === discovery.instances("orders") || driver === "static");
    assert.equal(discovery.instances("orders"), discovery.instances("orders"));
  });

  suite("registering never fails, and what takes it back can be called at any time", async (t, under) => {
    await under.set({});
    const discovery = connect(t, under);
    const deregister = await discovery.register({ service: "payments", url: one });
    await deregister();
  });

  suite("closing ends it, also twice and before anybody was found", async (_t, under) => {
    await under.set({});
    const discovery = under.connect();
    discovery.instances("orders");
    await discovery.close();
  });
}

/** What drivers owe that ask somebody who may be away, or be wrong. */
export function registrySuite(
  driver: string,
  start: (t: TestContext) => Promise<Required<DiscoveryUnderTest>>,
  { origin, skip = false }: { origin: (number: number) => string; skip?: string | false },
): void {
  const known = async (discovery: Discovery, expected: readonly string[]) =>
    eventually(() => {
      assert.deepEqual([...discovery.instances("orders")].sort(), [...expected].sort());
      return true;
    });

  test(`${driver}: when nobody is left, those that were known last are kept`, { skip }, async (t) => {
    const under = await start(t);
    await under.set({ orders: [origin(1)], users: [origin(2)] });
    const discovery = under.connect();
    t.after(() => discovery.close());
    await known(discovery, [origin(1)]);
    discovery.instances("users");
    await under.set({ orders: [], users: [origin(3)] });
    // Whoever hears of the one change has heard of the other before, or would at the next look.
    await eventually(() => discovery.instances("users")[0] === origin(3));
    assert.deepEqual(discovery.instances("orders"), [origin(1)]);
    await under.set({ orders: [origin(2)], users: [] });
    await known(discovery, [origin(2)]);
  });

  test(`${driver}: a registry that goes away and comes back empty takes nobody along`, { skip }, async (t) => {
    const under = await start(t);
    await under.set({ orders: [origin(1)] });
    const discovery = under.connect();
    t.after(() => discovery.close());
    await known(discovery, [origin(1)]);
    await under.registry.stop();
    assert.deepEqual(discovery.instances("orders"), [origin(1)]);
    await under.registry.start();
    await under.set({ orders: [origin(1), origin(2)] });
    await known(discovery, [origin(1), origin(2)]);
  });

  test(`${driver}: who starts while the registry is away finds everybody when it is back`, { skip }, async (t) => {
    const under = await start(t);
    await under.registry.stop();
    const discovery = under.connect();
    t.after(() => discovery.close());
    assert.deepEqual(discovery.instances("orders"), []);
    await under.registry.start();
    await under.set({ orders: [origin(1)] });
    await known(discovery, [origin(1)]);
  });
}
