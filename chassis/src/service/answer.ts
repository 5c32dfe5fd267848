/** A reply with a status or headers of its own. */
export class Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Body, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** Replies with `status` and `headers`: `return answer(202, order, { location })`. */
export const answer = <Body>(status: number, body: Body, headers?: Readonly<Record<string, string>>): Answer<Body> =>
  new Answer(status, body, headers);
