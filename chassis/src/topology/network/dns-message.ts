/** What somebody asks a name server (RFC 1035, section 4). */
export type Question = { readonly id: number; readonly name: string; readonly type: number };

/** A record that answers: an address of version 4, or (RFC 2782) a host and a port. */
export type DnsRecord = { readonly address: string } | { readonly host: string; readonly port: number };

export const A = 1;
export const SRV = 33;

const INTERNET = 1;
const HEADER = 12;
const LONGEST_LABEL = 63;
/** Answer, authoritative. */
const ANSWERED = 0x8400;
const NO_SUCH_NAME = 0x8403;
/** Where the name of the question stands, as a pointer. */
const NAME_OF_QUESTION = 0xc000 | HEADER;

/** Reads a message with one question; undefined when it is anything else. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < HEADER || message.readUInt16BE(4) !== 1 || (message.readUInt8(2) & 0xf8) !== 0) return undefined;
  const labels: string[] = [];
  let at = HEADER;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > LONGEST_LABEL) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString("latin1", at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { id: message.readUInt16BE(0), name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at) };
}

/** Writes the answer to a question: records that are good for `seconds`, or that there is no such name. */
export function writeAnswer(question: Question, records: readonly DnsRecord[] | undefined, seconds: number): Buffer {
  const header = numbers(question.id, records ? ANSWERED : NO_SUCH_NAME, 1, records?.length ?? 0, 0, 0);
  const asked = Buffer.concat([nameBytes(question.name), numbers(question.type, INTERNET)]);
  const answers = (records ?? []).map((record) => {
    const data = dataOf(record);
    return Buffer.concat([numbers(NAME_OF_QUESTION, question.type, INTERNET, 0, seconds, data.length), data]);
  });
  return Buffer.concat([header, asked, ...answers]);
}

function dataOf(record: DnsRecord): Buffer {
  if ("address" in record) return Buffer.from(record.address.split(".").map(Number));
  return Buffer.concat([numbers(1, 1, record.port), nameBytes(record.host)]);
}

const numbers = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));

const nameBytes = (name: string): Buffer =>
  Buffer.concat([...name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);
