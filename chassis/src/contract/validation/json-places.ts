import { pointerStep } from "./json-pointer.ts";

/** An object or a list that is open, and where in it one is. */
type Place = { readonly isObject: boolean; count: number; name: string };

const DEEPEST = 32;
/** Names in one object. */
const MOST_NAMES = 1_000;
const NOT_A_NAME = "is not a name that may be used";

/** Where in a JSON text one is. What is entered, left or named may be a fault; then it says what is wrong, and `path` says where. */
export type Places = {
  enter(isObject: boolean): string | undefined;
  leave(): void;
  /** Goes on behind a comma; tells whether a name comes next. */
  next(): boolean;
  name(name: string): string | undefined;
  path(): string;
};

/** Begins outside of everything. Faults are: nesting deeper than 32, more than 1,000 names in an object, names that could change a prototype. */
export function jsonPlaces(): Places {
  const open: Place[] = [];

  /** The fault is not what was named last, but what it is in. */
  function above(fault: string): string {
    open.pop();
    return fault;
  }

  return {
    enter(isObject) {
      if (open.length >= DEEPEST) return `must not be nested deeper than ${DEEPEST}`;
      open.push({ isObject, count: 0, name: "" });
      return undefined;
    },
    leave: () => void open.pop(),
    next() {
      const place = open.at(-1) as Place;
      if (!place.isObject) place.count += 1;
      return place.isObject;
    },
    name(name) {
      const place = open.at(-1) as Place;
      place.name = name;
      place.count += 1;
      if (place.count > MOST_NAMES) return above(`must not have more than ${MOST_NAMES} names`);
      if (name === "__proto__") return NOT_A_NAME;
      const reachesPrototype = name === "prototype" && open.at(-2)?.name === "constructor";
      return reachesPrototype ? above(NOT_A_NAME) : undefined;
    },
    path: () => open.map(({ isObject, count, name }) => pointerStep(isObject ? name : count)).join(""),
  };
}
