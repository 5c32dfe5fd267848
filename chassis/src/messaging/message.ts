/** An event on its way: the envelope that outbox, broker and inbox carry. JSON throughout. */
export type Message = {
  /** Unique; the inbox knows a repeat by it. */
  readonly id: string;
  /** The event's type, `order.confirmed`. */
  readonly type: string;
  readonly version: number;
  /** Messages of one source with the same key are delivered in the order they were published. */
  readonly key: string;
  /** The service that published it. */
  readonly source: string;
  /** When it was published, RFC 3339. */
  readonly time: string;
  readonly body: unknown;
  /** The context it was published in. */
  readonly requestId: string;
  readonly traceparent: string;
};
