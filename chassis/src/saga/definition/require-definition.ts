import { faultOfText } from "../../contract/validation/text-fault.ts";
import type { StepAction } from "./step.ts";
import { LONGEST_ATTEMPT } from "./step-times.ts";
import { LONGEST_TIME } from "./time.ts";

const MOST_FAULTS = 1_000_000;
const MOST_FACTOR = 1_000_000;
const HIGHEST_VERSION = 2 ** 31 - 1;
const LONGEST_NAME = 200;

/** Throws when a saga can't be defined like this, with a message that names it. */
export function requireSaga(definition: { name: string; version: number; deadline: number | undefined }): void {
  const { name, version, deadline } = definition;
  const where = `saga ${JSON.stringify(name)}`;
  requireName(where, name);
  requireNumber(where, "version", version, { least: 1, most: HIGHEST_VERSION, isWhole: true });
  if (deadline !== undefined) requireTime(where, "deadline", deadline);
}

/** Throws when a step can't be defined like this, with a message that names its saga and itself. */
export function requireStep(saga: string, name: string, { deadline, timeout, retry, after }: StepAction): void {
  const where = `saga ${JSON.stringify(saga)}, step ${JSON.stringify(name)}`;
  requireName(where, name);
  if (deadline !== undefined) requireTime(where, "deadline", deadline);
  if (timeout !== undefined) requireTime(where, "timeout", timeout, LONGEST_ATTEMPT);
  if (after !== undefined && typeof after !== "function") {
    requireNumber(where, "the time to wait", after, { least: 0, most: LONGEST_TIME });
  }
  if (retry?.faults !== undefined) {
    requireNumber(where, "retry.faults", retry.faults, { least: 1, most: MOST_FAULTS, isWhole: true });
  }
  if (retry?.outage === undefined) return;
  requireTime(where, "retry.outage.first", retry.outage.first);
  requireTime(where, "retry.outage.most", retry.outage.most);
  const { factor } = retry.outage;
  if (factor !== undefined) requireNumber(where, "retry.outage.factor", factor, { least: 1, most: MOST_FACTOR });
}

function requireName(where: string, name: unknown): void {
  if (typeof name !== "string" || name === "" || name.length > LONGEST_NAME) {
    throw new TypeError(`${where}: a name has 1 to ${LONGEST_NAME} characters`);
  }
  const fault = faultOfText(name);
  if (fault) throw new TypeError(`${where}: a name ${fault}`);
}

/** More than no time, and not without end. */
function requireTime(where: string, what: string, milliseconds: unknown, most = LONGEST_TIME): void {
  if (typeof milliseconds === "number" && milliseconds > 0 && milliseconds <= most) return;
  throw new RangeError(`${where}: ${what} must be milliseconds above 0, at most ${most}, not ${String(milliseconds)}`);
}

function requireNumber(
  where: string,
  what: string,
  value: unknown,
  { least, most, isWhole = false }: { least: number; most: number; isWhole?: boolean },
): void {
  const fits = typeof value === "number" && value >= least && value <= most && (!isWhole || Number.isInteger(value));
  if (fits) return;
  const kind = isWhole ? "a whole number" : "a number";
  throw new RangeError(`${where}: ${what} must be ${kind} from ${least} to ${most}, not ${String(value)}`);
}
