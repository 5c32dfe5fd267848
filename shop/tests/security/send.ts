import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

/** What is sent, as it is: nothing of the path is tidied up on the way. */
export type Sent = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  /** Text and bytes go as they are, everything else as JSON. */
  readonly body?: unknown;
  /** The local address that it comes from. */
  readonly from?: string;
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; json: any };

const agent = new Agent({ keepAlive: true, keepAliveMsecs: 1_000, maxSockets: 20 });

/** Sends a request to `base` and returns the answer; of answers without end only the head. */
export function send(base: string, { method, path, headers = {}, token, body, from }: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { hostname, port } = new URL(base);
  const bytes = body === undefined ? undefined : encode(body);
  const sending = request(
    {
      ...{ hostname, port, method, path, agent: from ? new Agent() : agent },
      ...(from ? { localAddress: from } : {}),
      headers: {
        ...(bytes ? { "content-type": "application/json", "content-length": bytes.length } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
    },
    (response) => void receive(response).then(resolve, reject),
  );
  sending.on("error", reject);
  sending.end(bytes);
  return promise;
}

const encode = (body: unknown): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));

async function receive(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const type = headers["content-type"] ?? "";
  if (type.startsWith("text/event-stream")) {
    response.destroy();
    return { status, headers, text: "", json: undefined };
  }
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status, headers, text, json: /[/+]json\b/.test(type) && text !== "" ? JSON.parse(text) : undefined };
}
