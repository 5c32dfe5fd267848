/** What is wrong with a test itself, such as a call that it has no fake for: found where nothing that is thrown reaches the test. */
export type TestFaults = {
  add(fault: Error): void;
  /** Settles as `work` does, or rejects with the first fault if there is one by then. */
  orFault<T>(work: Promise<T>): Promise<T>;
  /** Throws the first fault. */
  assertNone(): void;
};

/** Makes a place for the faults of one test. */
export function testFaults(): TestFaults {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let first: Error | undefined;
  return {
    add(fault) {
      first ??= fault;
      reject(fault);
    },
    orFault: (work) => Promise.race([promise, work]),
    assertNone() {
      if (first) throw first;
    },
  };
}
