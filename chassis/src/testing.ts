/* What tests of services need: services in this process, databases, a clock that stands still. */
export { eventually } from "./testing/eventually.ts";
export { type FakeClock, fakeClock } from "./testing/fake-clock.ts";
export { type Cleanup, fileCleanup } from "./testing/file-cleanup.ts";
export { type InProcess, type InProcessService, startInProcess } from "./testing/in-process.ts";
export { type TestDatabase, testDatabase } from "./testing/servers/postgres.ts";
export { temporaryFolder } from "./testing/temporary-folder.ts";
export {
  hangs,
  isUnavailable,
  type NeighboursOf,
  type ServiceUnderTest,
  serviceUnderTest,
} from "./testing/under-test/service-under-test.ts";
