import { defineService, startService } from "@flotilla/chassis/service";
import { reservations } from "./reservations.ts";

/** Our service as a process, with everything that a service of the shop has. */
const service = defineService(reservations, {
  wire: () => ({
    reserve: async ({ params, body }) => ({
      id: params.id,
      ...body,
      status: "reserved" as const,
      reservedUntil: "2030-01-01T00:00:00.000Z",
    }),
  }),
});
const { url } = await startService(service, { environment: process.env });
process.on("disconnect", () => process.exit(0));
process.send?.(url);
