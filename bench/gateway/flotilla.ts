import { call, contract, Fields, Text } from "@flotilla/chassis/contract";
import { createLog } from "@flotilla/chassis/telemetry";
import { staticDiscovery } from "../../chassis/src/discovery/static.ts";
import { createGateway } from "../../chassis/src/gateway/gateway.ts";
import { userKeys } from "../../chassis/src/identity/keys/user-keys.ts";
import { createVerifier } from "../../chassis/src/identity/tokens/verify.ts";

/** Our gateway as a process: token, limit, trace context and access log on. */
const { UPSTREAM = "", USERS = "" } = process.env;
const replies = { 200: Fields({ name: Text(100) }) };
const products = contract("products", {
  calls: {
    getProduct: call("GET /products/{id}", { summary: "A product", access: "customer", replies }),
    getShown: call("GET /shown/{id}", { summary: "A product for all", access: "public", cache: 0, replies }),
  },
  events: {},
});
const log = createLog({ service: "gateway", level: "info", gather: 100 });
const discovery = staticDiscovery({ products: [UPSTREAM], users: [USERS] });
const most = 1_000_000_000;
const gateway = createGateway({
  title: "Bench",
  version: "0.1.0",
  contracts: [products],
  discovery,
  verify: createVerifier({
    service: "gateway",
    serviceKeys: { keys: [] },
    userKeys: userKeys({ discovery, log }).find,
  }),
  // What stands behind it here looks at no token.
  tokenFor: async () => "token",
  log,
  limits: { signIn: most, address: most, user: most },
});
const url = await gateway.listen({ host: "127.0.0.1", port: 0 });
process.send?.(Number(new URL(url).port));
process.once("SIGTERM", async () => {
  await gateway.close();
  process.exit(0);
});
