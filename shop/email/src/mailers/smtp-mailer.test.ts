import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { text as read } from "node:stream/consumers";
import { test } from "node:test";
import { inspect } from "node:util";
import type { Cleanup } from "@flotilla/chassis/testing";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { Letter } from "../mail.ts";
import { letterRefused, mailUnavailable } from "./mailer.ts";
import { smtpMailer } from "./smtp-mailer.ts";

const letter: Letter = {
  id: "0197-letter",
  to: { email: "ada@shop.example" },
  subject: "Receipt for order 1",
  text: "Paid: €25.05",
  html: "<p>Paid</p>",
};

const patient = new AbortController().signal;

test("a letter reaches the SMTP server with its addresses, its two forms, and a message id that a repeat shares", async (t) => {
  const { mailer, received } = await withServer(t);
  await mailer.deliver(letter, patient);
  await mailer.deliver(letter, patient);
  assert.equal(received.length, 2);
  for (const { to, from, content } of received) {
    assert.deepEqual([from, to], ["shop@shop.example", "ada@shop.example"]);
    assert.match(content, /^Message-ID: <0197-letter@shop\.example>\r$/m);
    assert.match(content, /^To: ada@shop\.example\r$/m);
    assert.match(content, /^Subject: Receipt for order 1\r$/m);
    assert.match(content, /Content-Type: text\/plain/);
    assert.match(content, /Content-Type: text\/html/);
  }
});

test("a subject can't smuggle a header or another recipient into the letter", async (t) => {
  const { mailer, received } = await withServer(t);
  const subject = 'A"\r\nBcc: eve@evil.example\r\n, <eve@evil.example>';
  await mailer.deliver({ ...letter, subject }, patient);
  assert.deepEqual(
    received.map(({ to }) => to),
    ["ada@shop.example"],
  );
  assert.doesNotMatch(received[0]?.content ?? "", /^Bcc:/im);
});

test("a permanent no to the recipient or to the message is a refusal; a passing one is not", async (t) => {
  const no = (code: number) => Object.assign(new Error("no"), { responseCode: code });
  const atRecipient = (code: number) => withServer(t, { onRcptTo: (_address, _session, done) => done(no(code)) });
  const atMessage = (code: number) =>
    withServer(t, {
      onData(stream, _session, done) {
        stream.resume().on("end", () => done(no(code)));
      },
    });
  for (const [answer, refusal] of [
    [await atRecipient(550), letterRefused],
    [await atRecipient(450), mailUnavailable],
    [await atMessage(554), letterRefused],
    [await atMessage(451), mailUnavailable],
  ] as const) {
    await assert.rejects(answer.mailer.deliver(letter, patient), refusal.is);
  }
});

test("what a server repeats of an address is not passed on", async (t) => {
  const no = Object.assign(new Error("<ada@shop.example>: no such user"), { responseCode: 550 });
  const { mailer } = await withServer(t, { onRcptTo: (_address, _session, done) => done(no) });
  const refused: unknown = await mailer.deliver(letter, patient).catch((error: unknown) => error);
  assert.match(inspect(refused), /no such user/);
  assert.doesNotMatch(inspect(refused, { depth: 9, showHidden: true }), /ada@/);
});

test("a no to ourselves (sign-in, sender) may pass once somebody has mended the settings", async (t) => {
  const no = Object.assign(new Error("who are you?"), { responseCode: 550 });
  const { mailer } = await withServer(t, { onMailFrom: (_address, _session, done) => done(no) });
  await assert.rejects(mailer.deliver(letter, patient), mailUnavailable.is);
  const strict = await withServer(t, { authOptional: false, disabledCommands: ["STARTTLS"] });
  await assert.rejects(strict.mailer.deliver(letter, patient), mailUnavailable.is);
});

test("a server that is away, or hangs up in the middle, is an outage", async (t) => {
  const { mailer, server } = await withServer(t, {
    onData(_stream, session) {
      for (const connection of server.connections) if (connection.session === session) connection.close();
    },
  });
  await assert.rejects(mailer.deliver(letter, patient), mailUnavailable.is);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await assert.rejects(mailer.deliver(letter, patient), mailUnavailable.is);
});

test("a server that never answers does not hold up the end of the service", async (t) => {
  const reached = Promise.withResolvers<void>();
  const { mailer } = await withServer(t, { onRcptTo: () => reached.resolve() });
  const stopping = new AbortController();
  const delivery = mailer.deliver(letter, stopping.signal);
  await reached.promise;
  stopping.abort();
  await assert.rejects(delivery, mailUnavailable.is);
});

type Received = { from: string; to: string; content: string };

/** A real SMTP server on a free port, and a mailer that uses it. */
async function withServer(t: Cleanup, options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    async onData(stream, { envelope }, done) {
      const content = await read(stream);
      const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
      received.push({ from, to: envelope.rcptTo.map(({ address }) => address).join(), content });
      done();
    },
    ...options,
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, "shop@shop.example");
  t.after(async () => {
    await mailer.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { mailer, server, received };
}
