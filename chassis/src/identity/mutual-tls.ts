import type { X509Certificate } from "node:crypto";
import type { Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import { DIALED, type Dial } from "../core/network/dial.ts";
import type { Log } from "../telemetry/log.ts";
import { isOf, readAuthorities, readCredentials } from "./certificate-files.ts";
import { keepFile } from "./keys/kept-file.ts";

/** Who is at the other side of a connection, as its certificate proves. */
export type Peers = {
  /** Whether it is this service; without a name: any service of the system. */
  is(socket: Socket, service?: string): boolean;
};

/** TLS between services, by which both sides prove who they are. */
export type MutualTls = Peers & {
  /** Reaches services, and only those whose certificate names them. */
  readonly dial: Dial;
  /** Makes a server that asks callers for their certificate. Those who have none get in, for {@link Peers} to tell. */
  createServer(options: ServerOptions): Server;
  /** Whether certificates were replaced since this connection began: another one is to follow it. */
  isOutdated(socket: Socket): boolean;
  /** Calls `listener` whenever certificates were replaced. */
  onReplaced(listener: () => void): void;
  close(): void;
};

export type MutualTlsOptions = {
  /** The service that this process is. */
  readonly name: string;
  /** PEM: its private key, its certificate, and those between that and the authorities'. */
  readonly certificateFile: string;
  /** PEM: the certificates of those who vouch for the system's services, and for nobody else. */
  readonly authoritiesFile: string;
  readonly log: Log;
  /** Milliseconds between looks at the files. Default 5,000. */
  readonly every?: number;
};

/** Milliseconds that a caller has to prove who it is. */
const HANDSHAKE = 10_000;

/**
 * Opens TLS between services by two files, which are read again when they are replaced: new connections then have the new certificates, and servers let
 * go of those from before. Throws a ConfigurationError for files that are no good.
 */
export async function openMutualTls(options: MutualTlsOptions): Promise<MutualTls> {
  const { name, certificateFile, authoritiesFile, log, every } = options;
  const tls = process.getBuiltinModule("node:tls");
  const https = process.getBuiltinModule("node:https");
  const listeners = new Set<() => void>();
  const looks = { log, onReplaced, ...(every === undefined ? {} : { every }) };
  const credentials = await keepFile(certificateFile, (path) => readCredentials(path, name), looks);
  const authorities = await keepFile(authoritiesFile, readAuthorities, looks);
  const secure = () => ({
    key: credentials.current(),
    cert: credentials.current(),
    ca: authorities.current(),
    minVersion: "TLSv1.3" as const,
  });
  let context: SecureContext = tls.createSecureContext(secure());
  /** Which contexts connections began with. */
  const contexts = new WeakMap<Socket, SecureContext>();

  function onReplaced(): void {
    context = tls.createSecureContext(secure());
    for (const listener of listeners) listener();
  }

  return {
    dial: {
      open: ({ service, host, port }, onread) => {
        const socket = tls.connect({
          ...{ host, port, servername: service, secureContext: context, ...DIALED },
          ...(onread ? { onread } : {}),
        });
        return socket;
      },
      opened: "secureConnect",
    },
    createServer(options) {
      const asked = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE };
      const server = https.createServer({ ...options, ...secure(), ...asked });
      listeners.add(() => server.setSecureContext(secure()));
      server.on("secureConnection", (socket) => contexts.set(socket, context));
      return server;
    },
    is: (socket, service) =>
      (socket as TLSSocket).authorized === true && (service === undefined || isOf(certificateOf(socket), service)),
    isOutdated: (socket) => contexts.get(socket) !== context,
    onReplaced: (listener) => void listeners.add(listener),
    close() {
      credentials.close();
      authorities.close();
    },
  };
}

const certificates = new WeakMap<Socket, X509Certificate>();

/** The certificate of the other side, which was verified. */
function certificateOf(socket: Socket): X509Certificate {
  const known = certificates.get(socket);
  if (known) return known;
  const certificate = (socket as TLSSocket).getPeerX509Certificate() as X509Certificate;
  certificates.set(socket, certificate);
  return certificate;
}
