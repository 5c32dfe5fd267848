/**
 * A value that fits a JSON schema, to begin a body with.
 * @param {any} schema
 * @returns {unknown}
 */
export function sample(schema) {
  if (!schema) return null;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return sample(choice[0]);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, sample(field)]));
    case "array":
      return [sample(schema.items)];
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 0, 0);
    case "boolean":
      return false;
    default:
      return sampleText(schema);
  }
}

function sampleText({ format, minLength = 0 }) {
  if (format === "email") return "ann@mail.example";
  if (format === "date-time") return new Date().toISOString();
  return "text".padEnd(minLength, "-");
}

/**
 * What a schema asks for, in a few words: `integer, 1 to 100`.
 * @param {any} schema
 */
export function describe(schema) {
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return choice.map(describe).join(" or ");
  const { type = "anything", minimum, maximum, minLength, maxLength, format } = schema;
  const words = [format ?? (type === "array" ? `list of ${describe(schema.items ?? {})}` : type)];
  if (minimum !== undefined || maximum !== undefined) words.push(range(minimum, maximum));
  if (minLength || maxLength) words.push(`${range(minLength, maxLength)} characters`);
  return words.join(", ");
}

const range = (least, most) =>
  most === undefined ? `at least ${least}` : least ? `${least} to ${most}` : `at most ${most}`;

/**
 * Every field of an object schema with its path, also those of objects and lists within it.
 * @param {any} schema
 * @returns {{ path: string, required: boolean, schema: any }[]}
 */
export function fieldsOf(schema, lead = "") {
  if (schema?.type === "array") return fieldsOf(schema.items, `${lead}[]`);
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).flatMap(([name, field]) => {
    const path = lead ? `${lead}.${name}` : name;
    return [{ path, required: required.has(name), schema: field }, ...fieldsOf(field, path)];
  });
}
