import { type TObject, type TSchema, Type } from "typebox";
import { type Call, parameterNames } from "../../contract/call.ts";
import type { Contract } from "../../contract/contract.ts";
import { Fields, Nullable } from "../../contract/schema.ts";
import { invalidInput } from "../../core/failure/failure.ts";

/** A part of a composed answer: what another call answers about the same thing. */
export type Include = {
  readonly service: string;
  readonly call: Call;
  /** The other call's path parameters, from the answer that it is added to. */
  readonly parameters: (answer: Record<string, unknown>) => Record<string, string>;
};

/** A read whose answer can have parts from other services, when the client asks for them by `?include=name,name`. */
export type Composition = {
  readonly contract: Contract;
  /** The name of the call in its contract. */
  readonly call: string;
  readonly includes: Readonly<Record<string, Include>>;
};

export const INCLUDE = "include";

/** The composition of a call, if it has one. Throws where it could show somebody what they may not see, or hide a field. */
export function includesOf(
  compositions: readonly Composition[],
  service: string,
  name: string,
): Composition["includes"] | undefined {
  const composition = compositions.find(({ contract, call }) => contract.service === service && call === name);
  if (!composition) return undefined;
  const main = composition.contract.calls[name];
  for (const [part, { call }] of Object.entries(composition.includes)) {
    const sameAccess = call.shape.access === main?.shape.access || call.shape.access === "public";
    if (main?.method !== "GET" || call.method !== "GET" || !sameAccess) {
      throw new Error(`${service}.${name} can't include ${part}: both must be reads with the same access`);
    }
    if (Object.hasOwn(replyOf(main).properties, part))
      throw new Error(`${service}.${name} has a field ${part} already`);
  }
  return composition.includes;
}

/** Takes `include` out of a query: the names it lists, and the query that the service gets. Throws for names there aren't. */
export function readInclude(query: string, includes: Composition["includes"]): { names: string[]; query: string } {
  if (!query.includes(INCLUDE)) return { names: [], query };
  const parameters = new URLSearchParams(query);
  const names = [...new Set(parameters.getAll(INCLUDE).flatMap((list) => list.split(",")))];
  const unknown = names.find((name) => !Object.hasOwn(includes, name));
  if (unknown !== undefined) {
    const message = `must be of ${Object.keys(includes).join(", ")}`;
    throw invalidInput.failure({ errors: [{ path: `/query/${INCLUDE}`, message }] });
  }
  parameters.delete(INCLUDE);
  return { names, query: parameters.size > 0 ? `?${parameters}` : "" };
}

/** The path of a part. */
export function pathOf({ call, parameters }: Include, answer: Record<string, unknown>): string {
  const values = parameters(answer);
  return parameterNames(call.path).reduce(
    (path, name) => path.replace(`{${name}}`, encodeURIComponent(values[name] ?? "")),
    call.path,
  );
}

/** The contracts with what compositions add to their calls: for documents. */
export function withIncludes(contracts: readonly Contract[], compositions: readonly Composition[]): Contract[] {
  return contracts.map((contract) => ({
    ...contract,
    calls: Object.fromEntries(
      Object.entries(contract.calls).map(([name, call]) => {
        const includes = includesOf(compositions, contract.service, name);
        return [name, includes ? documented(call, includes) : call];
      }),
    ),
  }));
}

function documented(call: Call, includes: Composition["includes"]): Call {
  const names = Object.keys(includes);
  const parts = Object.entries(includes).map(([name, include]): [string, TSchema] => [
    name,
    Type.Optional(Nullable(replyOf(include.call))),
  ]);
  const description = `Parts to add, separated by commas: ${names.join(", ")}; null when there is none`;
  const pattern = `^(${names.join("|")})(,(${names.join("|")}))*$`;
  const include = Type.Optional(Type.String({ description, pattern }));
  const query = Fields({ ...call.shape.query?.properties, [INCLUDE]: include });
  const reply = Fields({ ...replyOf(call).properties, ...Object.fromEntries(parts) });
  return { ...call, shape: { ...call.shape, query, replies: { ...call.shape.replies, 200: reply } } };
}

const replyOf = (call: Call): TObject => call.shape.replies[200] as TObject;
