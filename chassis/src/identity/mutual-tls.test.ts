import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigurationError } from "../core/configuration/config.ts";
import { request as httpRequest } from "../core/network/node-http.ts";
import { createLog } from "../telemetry/log.ts";
import { eventually } from "../testing/eventually.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { certificatesIn, prepareCertificates } from "../topology/certificates/prepare-certificates.ts";
import { type MutualTls, openMutualTls } from "./mutual-tls.ts";

const log = createLog({ service: "test", level: "silent" });

async function opened(t: TestContext, folder: string, name: string): Promise<MutualTls> {
  const { certificateFile, authoritiesFile } = certificatesIn(folder);
  const tls = await openMutualTls({ name, certificateFile: certificateFile(name), authoritiesFile, log, every: 10 });
  t.after(() => tls.close());
  return tls;
}

async function system(t: TestContext) {
  const folder = await temporaryFolder(t);
  await prepareCertificates(folder, ["orders", "email"]);
  return folder;
}

/** A server of `orders` that answers with whom it takes its caller for. */
async function serverOf(t: TestContext, tls: MutualTls): Promise<number> {
  const server = tls.createServer({});
  server.on("request", ({ socket }, response) => {
    const names = ["orders", "email", "operators"].filter((name) => tls.is(socket, name));
    response.end(JSON.stringify({ names, known: tls.is(socket), outdated: tls.isOutdated(socket) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Asks with the certificate of `tls`, or without one, for the service named. */
async function ask(port: number, service: string, open: MutualTls["dial"]["open"]): Promise<object> {
  const asked = httpRequest({ path: "/", createConnection: () => open({ service, host: "127.0.0.1", port }) });
  asked.end();
  const [response] = await once(asked, "response");
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

test("both sides prove which service they are", async (t) => {
  const folder = await system(t);
  const [orders, email] = [await opened(t, folder, "orders"), await opened(t, folder, "email")];
  const port = await serverOf(t, orders);
  assert.deepEqual(await ask(port, "orders", email.dial.open), { names: ["email"], known: true, outdated: false });
  await assert.rejects(ask(port, "payments", email.dial.open), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("a caller without a certificate, or with one that another authority signed, is nobody of the system", async (t) => {
  const folder = await system(t);
  const orders = await opened(t, folder, "orders");
  const port = await serverOf(t, orders);
  const tls = process.getBuiltinModule("node:tls");
  const without = () => tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  assert.deepEqual(await ask(port, "orders", without), { names: [], known: false, outdated: false });
  const elsewhere = await system(t);
  const stranger = await opened(t, elsewhere, "email");
  await assert.rejects(ask(port, "orders", stranger.dial.open), "the stranger does not believe us either");
  const { readFile } = await import("node:fs/promises");
  const pem = await readFile(certificatesIn(elsewhere).certificateFile("email"), "utf8");
  const forged = () => tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, key: pem, cert: pem });
  assert.deepEqual(await ask(port, "orders", forged), { names: [], known: false, outdated: false });
});

test("files that are replaced are good for new connections, and older ones are told apart", async (t) => {
  const folder = await system(t);
  const [orders, email] = [await opened(t, folder, "orders"), await opened(t, folder, "email")];
  const port = await serverOf(t, orders);
  let replaced = 0;
  orders.onReplaced(() => replaced++);
  const kept = email.dial.open({ service: "orders", host: "127.0.0.1", port });
  t.after(() => kept.destroy());
  await once(kept, email.dial.opened);
  const [socket] = [kept];
  // Everything is made anew, as by another authority: the old one is believed no more.
  const { certificateFile, authoritiesFile, authorityFile } = certificatesIn(folder);
  const { rm } = await import("node:fs/promises");
  for (const file of [authorityFile, authoritiesFile]) await rm(file);
  await prepareCertificates(folder, ["orders", "email"]);
  await eventually(() => replaced >= 2);
  await eventually(() =>
    ask(port, "orders", email.dial.open).then(
      (answer) => assert.deepEqual(answer, { names: ["email"], known: true, outdated: false }) === undefined,
      () => false,
    ),
  );
  const answered = once(socket as typeof kept, "data");
  socket?.write("GET / HTTP/1.1\r\nhost: orders\r\n\r\n");
  assert.match(String((await answered)[0]), /"outdated":true/);
  assert.ok(certificateFile("orders").endsWith("orders.pem"));
});

test("files that are no good are told as settings", async (t) => {
  const folder = await system(t);
  const { certificateFile, authoritiesFile } = certificatesIn(folder);
  const nonsense = join(folder, "nonsense.pem");
  await writeFile(nonsense, "nonsense");
  const wrong = [
    { certificateFile: certificateFile("email"), authoritiesFile },
    { certificateFile: nonsense, authoritiesFile },
    { certificateFile: join(folder, "none"), authoritiesFile },
    { certificateFile: authoritiesFile, authoritiesFile },
    { certificateFile: certificateFile("orders"), authoritiesFile: nonsense },
  ];
  for (const files of wrong) await assert.rejects(openMutualTls({ name: "orders", ...files, log }), ConfigurationError);
});
