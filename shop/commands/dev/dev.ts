import { openCompileCache } from "../../../chassis/src/commands/start/open-compile-cache.ts";

/* `npm run dev`. */
openCompileCache(process.env);
const { developShop } = await import("./develop-shop.ts");
await developShop(process.argv.slice(2), process.env);
