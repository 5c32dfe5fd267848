import type { TSchema } from "typebox";

/** The annotation that marks a field as nobody's business. */
export const SENSITIVE = "x-sensitive";

/** What is shown in place of a sensitive value. */
export const REDACTED = "[redacted]";

/** Marks a field whose values are shown to nobody who merely looks on: operators, logs, the console. */
export const Sensitive = <Schema extends TSchema>(schema: Schema): Schema => ({ ...schema, [SENSITIVE]: true });

type Node = {
  readonly [SENSITIVE]?: boolean;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
};

/** A copy of `value` without what the schema marks as sensitive, and without what it does not know. */
export function redact(schema: TSchema, value: unknown): unknown {
  return redacted(schema as Node, value);
}

function redacted(schema: Node, value: unknown): unknown {
  if (isSensitive(schema)) return value === null || value === undefined ? value : REDACTED;
  if (Array.isArray(value)) return value.map((item) => redacted(schema.items ?? {}, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, redactedField(schema, name, field)] as const),
  );
}

function redactedField(schema: Node, name: string, value: unknown): unknown {
  const known = [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => {
    const field = each.properties?.[name] ?? each.additionalProperties;
    return typeof field === "object" ? [field] : [];
  });
  if (known.length === 0) return REDACTED;
  return known.reduce((seen, field) => redacted(field, seen), value);
}

const isSensitive = (schema: Node): boolean =>
  schema[SENSITIVE] === true || [...(schema.anyOf ?? []), ...(schema.allOf ?? [])].some(isSensitive);
