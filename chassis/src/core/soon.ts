/** A value that is there already, as nearly always, or will be. Spares a request a dozen turns through the queue of promises. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: at once when it is there, else when it is. */
export const after = <T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(next) : next(value);
