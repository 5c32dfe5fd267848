/** What is wrong with one direction of a network. Without anything, bytes go through as they come. */
export type Faults = {
  /** Milliseconds that bytes take. */
  readonly delay?: number;
  /** At most so many milliseconds more, at random; bytes keep their order. */
  readonly jitter?: number;
  /** Nothing arrives. What is sent meanwhile arrives when the direction is well again, as TCP would send it again. */
  readonly blackHole?: boolean;
  /** A connection is cut off once so many bytes went through it in this direction; those behind them never arrive. */
  readonly cutAfter?: number;
};

/** What is wrong with each direction. */
export type BothWays = { readonly toServer?: Faults; readonly toClient?: Faults };

/** Nothing gets through, either way. */
export const partition: BothWays = { toServer: { blackHole: true }, toClient: { blackHole: true } };

/** Requests arrive, and their answers do not. */
export const noAnswers: BothWays = { toClient: { blackHole: true } };

/** Requests do not arrive. */
export const noRequests: BothWays = { toServer: { blackHole: true } };
