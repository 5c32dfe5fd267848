import { currentContext, type WorkContext } from "../telemetry/context.ts";
import type { Transaction } from "./transaction.ts";

/** What became of a member's work; of one that failed also whether it may have changed something before. */
export type MemberOutcome<T> = { readonly result: T } | { readonly error: unknown; readonly hasWritten: boolean };

/**
 * Does the work of several in one transaction, at the same time, and resolves with what became of each. Nothing is rolled back when one
 * fails. What those that succeed want to be called after the commit is called then.
 */
export async function inGroup<Item, T>(
  tx: Transaction,
  items: readonly Item[],
  work: (item: Item, member: Transaction) => Promise<T>,
): Promise<MemberOutcome<T>[]> {
  const group = groupOf(tx);
  return Promise.all(
    items.map(async (item) => {
      const member = memberOf(group);
      const membership = memberships.get(member) as Membership;
      try {
        const result = await work(item, member);
        for (const callback of membership.afterCommit) tx.afterCommit(callback);
        return { result };
      } catch (error) {
        return { error, hasWritten: membership.hasWritten };
      }
    }),
  );
}

type Time = Pick<WorkContext, "deadline" | "cancellation">;
type Membership = { readonly group: Transaction; hasWritten: boolean; readonly afterCommit: (() => void)[] };

const memberships = new WeakMap<Transaction, Membership>();
const groupTimes = new WeakMap<Transaction, Time>();

/** The group that a transaction is a member of; undefined when it is no member. */
export const membershipOf = (tx: Transaction): Membership | undefined => memberships.get(tx);

/** How long the work of a group may take; undefined for a transaction that is no group. */
export const groupTime = (group: Transaction): Time | undefined => groupTimes.get(group);

/** A transaction of several: statements that they want at the same time run one after the other. */
function groupOf(tx: Transaction): Transaction {
  let last: Promise<unknown> = Promise.resolve();
  const group: Transaction = {
    ...tx,
    query<Row extends object>(text: string, values?: readonly unknown[]) {
      const rows = last.then(() => tx.query<Row>(text, values));
      last = rows.catch(() => {});
      return rows;
    },
  };
  const { deadline, cancellation } = currentContext() ?? {};
  groupTimes.set(group, { deadline, cancellation });
  return group;
}

function memberOf(group: Transaction): Transaction {
  const membership: Membership = { group, hasWritten: false, afterCommit: [] };
  const member: Transaction = {
    query(text, values) {
      membership.hasWritten = true;
      return group.query(text, values);
    },
    afterCommit: (run) => membership.afterCommit.push(run),
    "~transaction": true,
  };
  memberships.set(member, membership);
  return member;
}
