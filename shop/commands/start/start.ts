import { openCompileCache } from "../../../chassis/src/commands/start/open-compile-cache.ts";

/* `npm start`. */
openCompileCache(process.env);
const { startSystem } = await import("../../../chassis/src/commands/start/start-system.ts");
const { shop } = await import("../../topology.ts");
const { shopStart } = await import("./shop-start.ts");
await startSystem({ title: "shop", topology: shop, environment: process.env, own: shopStart });
