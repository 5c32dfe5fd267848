import Fastify from "fastify";
import { reserve } from "./reserve.js";

const server = Fastify();
server.put("/reservations/:id", async ({ params, body }) => reserve(params.id, body));
const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.on("disconnect", () => process.exit(0));
process.send?.(url);
