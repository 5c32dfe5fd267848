import { currentContext, type WorkContext } from "../../context/context.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Why a member can't share the transaction: it runs a statement of its own (`alone`), it needs what another member holds (`conflict`), or
 * the others would have to wait for it (`slow`).
 */
export type Leaving = "alone" | "conflict" | "slow";

/** What became of a member's work, and whether it may have changed something before it failed or left. */
export type MemberOutcome<T> =
  | { readonly result: T }
  | { readonly error: unknown; readonly hasWritten: boolean }
  | { readonly left: Leaving; readonly hasWritten: boolean };

/** Thrown into the work of a member that has left; what it does with that makes no difference. */
class LeftGroup extends Error {
  override readonly name = "LeftGroup";
}

/** A member's place in its group. */
export type Membership = {
  readonly group: Transaction;
  /** Set by what it does through the group: it has to be undone if the member fails. */
  hasWritten: boolean;
  /** How many of its writes are under way. */
  writing: number;
  /** Takes what only one member may hold; throws when another holds it, and when the member has left. */
  hold(key: string | undefined): void;
};

type Member = Membership & {
  readonly tx: Transaction;
  readonly afterCommit: (() => void)[];
  left: Leaving | undefined;
};

const memberships = new WeakMap<Transaction, Membership>();

/** The place of a transaction in a group; undefined when it is no member of one. */
export const membershipOf = (tx: Transaction): Membership | undefined => memberships.get(tx);

/**
 * Does the work of several in one transaction, at the same time, and resolves with what became of each. Nothing is rolled back when one
 * fails or leaves. What those that succeed want to be called after the commit is called then. Members that hang leave after a second.
 */
export async function inGroup<Item, T>(
  tx: Transaction,
  items: readonly Item[],
  work: (item: Item, member: Transaction) => Promise<T>,
): Promise<MemberOutcome<T>[]> {
  const group = groupOf(tx);
  const holders = new Map<string, Member>();
  const members = items.map(() => memberOf(group.tx, holders));
  const outcomes: (MemberOutcome<T> | undefined)[] = items.map(() => undefined);
  const all = items.map(async (item, index) => {
    const member = members[index] as Member;
    outcomes[index] = await outcomeOf(member, () => work(item, member.tx));
  });
  await untilDoneOrStuck(Promise.all(all), group.statements);
  return members.map((member, index) => {
    const outcome = outcomes[index];
    if (outcome && "result" in outcome) for (const callback of member.afterCommit) tx.afterCommit(callback);
    if (!outcome) member.left = "slow";
    return outcome ?? { left: "slow", hasWritten: mayHaveWritten(member) };
  });
}

async function outcomeOf<T>(member: Member, work: () => Promise<T>): Promise<MemberOutcome<T>> {
  try {
    const result = await work();
    return member.left ? { left: member.left, hasWritten: mayHaveWritten(member) } : { result };
  } catch (error) {
    const { left } = member;
    const hasWritten = mayHaveWritten(member);
    return left ? { left, hasWritten } : { error, hasWritten };
  }
}

const mayHaveWritten = ({ hasWritten, writing }: Membership): boolean => hasWritten || writing > 0;

/** Looks are counted in place of time, so that a stalled process is taken for a stuck group by none. */
const LOOK = 100;
/** Looks in a row without a statement after which the others of a group go on without a member that has not returned. */
const IDLE_LOOKS = 10;
/** Looks after which they do so whatever it is at. */
const MOST_LOOKS = 50;

async function untilDoneOrStuck(done: Promise<unknown>, statements: () => number): Promise<void> {
  const { promise: stuck, resolve } = Promise.withResolvers<void>();
  let looks = 0;
  let idleLooks = 0;
  let before = 0;
  const timer = setInterval(() => {
    looks += 1;
    idleLooks = statements() === before ? idleLooks + 1 : 0;
    before = statements();
    if (idleLooks >= IDLE_LOOKS || looks >= MOST_LOOKS) resolve();
  }, LOOK);
  try {
    await Promise.race([done, stuck]);
  } finally {
    clearInterval(timer);
  }
}

type Time = Pick<WorkContext, "deadline" | "cancellation">;

const groupTimes = new WeakMap<Transaction, Time>();

/** How long the work of a group may take; undefined for a transaction that is no group. */
export const groupTime = (group: Transaction): Time | undefined => groupTimes.get(group);

/** A transaction of several: statements that they want at the same time run one after the other. */
function groupOf(tx: Transaction) {
  let last: Promise<unknown> = Promise.resolve();
  let begun = 0;
  const group: Transaction = {
    ...tx,
    query<Row extends object>(text: string, values?: readonly unknown[]) {
      const rows = last.then(() => {
        begun += 1;
        return tx.query<Row>(text, values);
      });
      last = rows.catch(() => {});
      return rows;
    },
  };
  const { deadline, cancellation } = currentContext() ?? {};
  groupTimes.set(group, { deadline, cancellation });
  return { tx: group, statements: () => begun };
}

function memberOf(group: Transaction, holders: Map<string, Member>): Member {
  const leave = (why: Leaving): never => {
    member.left ??= why;
    throw new LeftGroup(`the work goes on in a transaction of its own (${why})`);
  };
  const member: Member = {
    group,
    hasWritten: false,
    writing: 0,
    left: undefined,
    afterCommit: [],
    hold(key) {
      if (member.left) leave(member.left);
      if (key === undefined) return;
      const holder = holders.get(key);
      if (holder && holder !== member) leave("conflict");
      holders.set(key, member);
    },
    tx: {
      // A statement of its own may lock, set or see what is the whole transaction's.
      query: () => left(() => leave("alone")),
      afterCommit: (run) => member.afterCommit.push(run),
      "~transaction": true,
    },
  };
  memberships.set(member.tx, member);
  return member;
}

/** A rejection that whoever does not wait for the statement need not handle. */
function left(leave: () => never): Promise<never> {
  const rejected = new Promise<never>(leave);
  rejected.catch(() => {});
  return rejected;
}
