import { forbidden } from "../../core/failure/failure.ts";
import { takeNoMore } from "../../http/server.ts";
import { type Handle, refuseEarly } from "../../http/unambiguous.ts";
import type { Peers } from "../../identity/mutual-tls.ts";
import { isForOperators } from "./gate.ts";

/**
 * Lets requests in from services alone, by the certificates of their connections. How a service is may be asked by all: what watches over containers
 * has no certificate.
 */
export const admitPeers =
  (peers: Peers | undefined, service: string) =>
  (handle: Handle): Handle => {
    if (!peers) return handle;
    return (request, response) => {
      if (peers.is(request.socket) || isForOperators(request.url)) {
        handle(request, response);
        return;
      }
      takeNoMore(request);
      response.setHeader("connection", "close");
      refuseEarly(request, response, { failure: forbidden.failure(), service });
    };
  };
