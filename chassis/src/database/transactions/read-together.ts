import { groupCommit } from "./group-commit.ts";

export type ReadTogetherOptions<Item, Answer> = {
  /** Reads all at once and resolves with an answer for each, in their order. */
  read(items: readonly Item[]): Promise<readonly Answer[]>;
  /** The most in one question. Default 200. */
  most?: number;
};

/**
 * Makes a function that asks for one thing, together with what others ask for at the same time. No answer is older than its question:
 * whoever comes while a question is under way is in the next one. A question has as long as whoever in it waits longest. One that fails
 * is asked again for each by itself, unless it is an outage.
 */
export const readTogether = <Item, Answer>({ read, most }: ReadTogetherOptions<Item, Answer>) =>
  groupCommit<Item, Answer>({ write: read, endsWithCallers: true, ...(most !== undefined && { most }) });
