import { lookup } from "node:dns/promises";
import { BoundSocket } from "node:net";

/** The address at the edge, held by us: it stays while the processes that serve there come and go. */
export type EdgeSocket = {
  readonly port: number;
  /** The file descriptor that processes inherit and listen on. */
  readonly fd: number;
  /** Lets go of the address; those who listen there go on. */
  close(): void;
};

/**
 * Takes the address at the edge. Whoever connects while no process is there waits until one is, instead of being refused, and several
 * processes can serve there. Port 0 takes a free one. Undefined where file descriptors of sockets can't be inherited (Windows): there the one
 * process at the edge listens for itself.
 */
export async function holdEdge(host: string, port: number): Promise<EdgeSocket | undefined> {
  const { address } = await lookup(host);
  const bound = new BoundSocket({ host: address, port });
  const fd = bound.fd();
  if (fd >= 0) return { port: bound.address().port, fd, close: () => bound.close() };
  bound.close();
  return undefined;
}
