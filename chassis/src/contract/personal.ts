import type { TSchema } from "typebox";

/** The annotation that marks a field as telling of a person. */
export const PERSONAL = "x-personal";

/** What stands where something personal was. */
export const ERASED = "[erased]";

/**
 * Marks a text that tells who a person is: a name, an address. It goes when the person does: see `erase` of a service's parts. What holds such a field also holds the
 * person's id, by which it is found.
 */
export const Personal = <Schema extends TSchema>(schema: Schema): Schema => ({ ...schema, [PERSONAL]: true });

type Node = {
  readonly [PERSONAL]?: boolean;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
};

/** A copy of `value` without what the schema marks as personal, and without what it does not know; each text that was there is added to `found`. */
export const erasePersonal = (schema: TSchema, value: unknown, found: Set<string>): unknown =>
  erased([schema as Node], value, found);

/** The names of the fields that a schema marks as personal, or in which it marks something without a name. */
export const personalNames = (schema: TSchema): string[] => namesIn(schema as Node, "");

/** Whether a schema marks anything as personal. */
export const hasPersonal = (schema: TSchema): boolean => personalNames(schema).length > 0;

function namesIn(node: Node, name: string): string[] {
  const parts = [...(node.items ? [node.items] : []), ...fieldsOf(node), ...partsOf(node)];
  return [
    ...(node[PERSONAL] ? [name] : []),
    ...parts.flatMap((part) => namesIn(part, name)),
    ...Object.entries(node.properties ?? {}).flatMap(([field, each]) => namesIn(each, field)),
  ];
}

const partsOf = ({ anyOf = [], allOf = [] }: Node): readonly Node[] => [...anyOf, ...allOf];

/** The schemas of fields that have no name. */
const fieldsOf = ({ patternProperties = {}, additionalProperties }: Node): readonly Node[] => [
  ...Object.values(patternProperties),
  ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
];

function erased(nodes: readonly Node[], value: unknown, found: Set<string>): unknown {
  const all = [...nodes, ...nodes.flatMap(partsOf)];
  if (value === null || value === undefined) return value;
  if (all.length === 0 || all.some((node) => node[PERSONAL])) {
    if (value !== ERASED) found.add(typeof value === "string" ? value : JSON.stringify(value));
    return ERASED;
  }
  if (Array.isArray(value)) {
    const items = all.flatMap((node) => node.items ?? []);
    return value.map((item) => erased(items, item, found));
  }
  if (typeof value !== "object") return value;
  const fields = Object.entries(value).map(([name, field]) => {
    const known = all.flatMap((node) => node.properties?.[name] ?? fieldsOf(node));
    return [name, erased(known, field, found)] as const;
  });
  return Object.fromEntries(fields);
}
