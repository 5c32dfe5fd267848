/** A field of a protobuf message: its bytes, or the number that it is. */
export type Field = { readonly number: number; readonly bytes: Buffer; readonly value: bigint };

const NOTHING = Buffer.alloc(0);

/** Reads the fields of a protobuf message, in their order. Throws for bytes that are none. */
export function readFields(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;

  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  function take(length: number): Buffer {
    if (at + length > message.length) throw new RangeError("the message ends within a field");
    at += length;
    return message.subarray(at - length, at);
  }

  function read(wireType: number): Omit<Field, "number"> {
    if (wireType === 0) return { bytes: NOTHING, value: varint() };
    if (wireType === 2) return { bytes: take(Number(varint())), value: 0n };
    const bytes = take(wireType === 1 ? 8 : 4);
    return { bytes, value: wireType === 1 ? bytes.readBigUInt64LE() : BigInt(bytes.readUInt32LE()) };
  }

  while (at < message.length) {
    const tag = Number(varint());
    fields.push({ number: tag >> 3, ...read(tag & 7) });
  }
  return fields;
}
