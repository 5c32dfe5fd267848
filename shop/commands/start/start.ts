import { openCompileCache } from "../../../chassis/src/commands/open-compile-cache.ts";

/* `npm start`. */
openCompileCache(process.env);
const { startSystem } = await import("../../../chassis/src/commands/start-system.ts");
const { shop } = await import("../../topology.ts");
const { shopStart } = await import("./shop-start.ts");
await startSystem({ title: "shop", topology: shop, environment: process.env, own: shopStart });
