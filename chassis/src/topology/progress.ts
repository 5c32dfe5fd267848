/** What a person who waits for a start or a stop wants to know. */
export type Progress = {
  /** `database`, or a process such as `orders-1`. */
  readonly subject: string;
  readonly state: "starting" | "ready" | "ended" | "stopping";
  /** Where it listens, or how it ended. */
  readonly detail?: string | undefined;
};
