/** The longest time that a saga can wait or be given, in milliseconds: a hundred years. */
export const LONGEST_TIME = 100 * 365 * 86_400_000;

/** A number of milliseconds as clocks and databases can hold it: at most a hundred years; what is no number, or negative, is 0. */
export const boundedTime = (milliseconds: number): number =>
  milliseconds > 0 ? Math.min(milliseconds, LONGEST_TIME) : 0;
