import type { Static, TSchema } from "typebox";
import { jsonValidator, type Validator } from "./validate.ts";

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/**
 * Compiles a validator for what another version may have said: fields that the schema does not know are dropped, so that a service may say
 * more than its callers understand; everything else is an error as ever. What is valid as it is costs nothing more.
 */
export function tolerantValidator<S extends TSchema>(schema: S): Validator<Static<S>> {
  const validate = jsonValidator(schema);
  const fits = alternatives();
  return (value) => {
    try {
      return validate(value);
    } catch (fault) {
      const known = withoutUnknown(schema as Schema, value, fits);
      if (known === value) throw fault;
      return validate(known);
    }
  };
}

/** Whether a value fits one of several schemas that it may have. */
type Fits = (schema: Schema, value: unknown) => boolean;

function alternatives(): Fits {
  const compiled = new Map<Schema, Validator<unknown>>();
  return (schema, value) => {
    const validate = compiled.get(schema) ?? jsonValidator(schema as TSchema);
    compiled.set(schema, validate);
    try {
      validate(value);
      return true;
    } catch {
      return false;
    }
  };
}

/** A copy of the value without fields that its schema refuses; the value itself where there is none. */
function withoutUnknown(schema: Schema, value: unknown, fits: Fits): unknown {
  if (schema.anyOf) {
    const cleaned = schema.anyOf.map((each) => ({ each, value: withoutUnknown(each, value, fits) }));
    return cleaned.find(({ each, value }) => fits(each, value))?.value ?? value;
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return value;
    const cleaned = value.map((item) => withoutUnknown(items, item, fits));
    return cleaned.some((item, at) => item !== value[at]) ? cleaned : value;
  }
  return typeof value === "object" && value !== null && schema.properties
    ? knownFields(schema, schema.properties, value as Record<string, unknown>, fits)
    : value;
}

function knownFields(
  { additionalProperties }: Schema,
  properties: Readonly<Record<string, Schema>>,
  value: Record<string, unknown>,
  fits: Fits,
): unknown {
  let changed = false;
  const cleaned = Object.entries(value).flatMap(([name, field]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const kept = schema ? withoutUnknown(schema, field, fits) : field;
    const isDropped = !schema && additionalProperties === false;
    changed ||= isDropped || kept !== field;
    return isDropped ? [] : [[name, kept] as const];
  });
  return changed ? Object.fromEntries(cleaned) : value;
}
