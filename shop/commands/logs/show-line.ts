import { styleText } from "node:util";
import { levelOf } from "./log-filter.ts";
import type { LogLine } from "./read-logs.ts";

type Format = Parameters<typeof styleText>[0];
type Fields = Record<string, unknown>;

const serviceColours: readonly Format[] = ["cyan", "magenta", "blue", "green", "yellow", "cyanBright", "magentaBright"];
const levelColours: Readonly<Record<string, Format>> = { warn: "yellow", error: "red", fatal: "red" };

/** Whether a line is one of the many that tell of a call or a message inside of the system. */
export const isInside = ({ text }: LogLine): boolean => /"msg":"(call|message)"\}$/.test(text);

/**
 * Makes a line for people: time, service, what happened, and whose it was; `brief` leaves out what is only needed to look for more. In colour
 * where the standard output is a terminal and NO_COLOR is not set.
 */
export function showLine(line: LogLine, brief = false): string {
  const fields = read(line.text);
  const level = levelOf(line);
  const colour = levelColours[level];
  const time = new Date(line.time);
  const clock = Number.isNaN(time.getTime()) ? "            " : localTime(time);
  const service = styleText(colourOf(line.service), line.service.padEnd(13));
  const what = fields ? said(fields) : line.text;
  const named = level === "info" || !fields ? what : `${level.toUpperCase()} ${what}`;
  const rest = fields ? details(fields, brief) : "";
  return `${styleText("dim", clock)} ${service} ${colour ? styleText(colour, named) : named}${rest}`;
}

const localTime = (time: Date): string =>
  `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;

const colourOf = (service: string): Format => {
  const sum = [...service].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return serviceColours[sum % serviceColours.length] as Format;
};

function read(text: string): Fields | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function said({ msg, method, route, status, duration, event, attempt }: Fields): string {
  const took = duration === undefined ? "" : ` ${duration} ms`;
  if (method !== undefined) return `${method} ${route} ${status}${took}`;
  if (event !== undefined) return `${event} handled${took}${attempt === 1 ? "" : ` at attempt ${attempt}`}`;
  return String(msg);
}

/** Said already, or the same on every line. */
const told = "level time service pid hostname msg method route status duration event attempt err spanId".split(" ");
const forSearch = ["requestId", "traceId", "messageId", "source", "userId"];

function details({ err, ...fields }: Fields, brief: boolean): string {
  const rest = Object.entries(fields)
    .filter(([name]) => !told.includes(name) && !(brief && forSearch.includes(name)))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const { message, stack } = (err ?? {}) as { message?: string; stack?: string };
  const error = err === undefined ? "" : `\n    ${(brief ? message : (stack ?? message))?.replaceAll("\n", "\n    ")}`;
  return (rest.length > 0 ? `  ${styleText("dim", rest.join(" "))}` : "") + error;
}
