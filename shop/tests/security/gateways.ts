import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cleanup, temporaryFolder } from "@flotilla/chassis/testing";
import { staticDiscovery } from "../../../chassis/src/discovery/static.ts";
import { startGateway } from "../../../chassis/src/gateway/host/start-gateway.ts";
import { newServiceKey } from "../../../chassis/src/identity/keys/signing-key.ts";
import { service } from "../../gateway/src/service.ts";
import { shop } from "../../topology.ts";
import { contracts } from "../fixtures/contracts.ts";
import { type RecordingServer, recordingServer } from "./recording-server.ts";

/** The shop's gateways before something that keeps every byte that reaches it, whatever service it is meant for. */
export type Gateways = {
  readonly upstream: RecordingServer;
  /** Starts a gateway with these settings; resolves with where it listens. */
  startWith(settings: Record<string, string>): Promise<string>;
};

/** Makes what gateways stand before; everything ends with the test. */
export async function gatewaysAlone(t: Cleanup): Promise<Gateways> {
  const upstream = await recordingServer(t);
  const keyFile = join(await temporaryFolder(t), "gateway.json");
  await writeFile(keyFile, JSON.stringify((await newServiceKey("gateway")).privateJwk));
  const discovery = staticDiscovery(Object.fromEntries(contracts.map(({ service }) => [service, [upstream.url]])));
  return {
    upstream,
    async startWith(settings) {
      const environment = { LOG_LEVEL: "silent", SERVICE_KEY_FILE: keyFile, ...settings };
      const running = await startGateway(
        { ...service, contracts },
        { environment: { IDENTITY_SERVICE: shop.identity, ...environment }, discovery },
      );
      t.after(() => running.stop());
      return running.url;
    },
  };
}
