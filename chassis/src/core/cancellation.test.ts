import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation } from "./cancellation.ts";
import { deadlineExceeded, type Failure, unavailable } from "./failure/failure.ts";

test("everybody who listens hears once why the work is to end, but for those who stopped listening", () => {
  const cancellation = new Cancellation();
  const heard: [string, Failure][] = [];
  const gone = (why: Failure) => heard.push(["gone", why]);
  cancellation.listen(gone);
  cancellation.listen((why) => heard.push(["still there", why]));
  cancellation.forget(gone);
  assert.equal(cancellation.why, undefined);
  const why = deadlineExceeded.failure();
  cancellation.cancel(why);
  cancellation.cancel(unavailable.failure());
  assert.deepEqual(heard, [["still there", why]]);
  assert.equal(cancellation.why, why);
});

test("a signal is aborted with the reason, whether it was asked for before or after", () => {
  const why = deadlineExceeded.failure();
  const early = new Cancellation();
  const { signal } = early;
  assert.equal(signal.aborted, false);
  early.cancel(why);
  const late = new Cancellation();
  late.cancel(why);
  for (const each of [signal, early.signal, late.signal]) assert.deepEqual([each.aborted, each.reason], [true, why]);
});
