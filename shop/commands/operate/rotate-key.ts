import { join, resolve } from "node:path";
import { systemClock } from "@flotilla/chassis/service";
import { type RotationStep, rotateServiceKey } from "../../../chassis/src/topology/keys/rotate-key.ts";
import { shop } from "../../topology.ts";

/* Gives a service of the shop that runs in DATA_DIR (.data) another key: npm run tool -- rotate-key SERVICE */
const [service = ""] = process.argv.slice(2);
const names = shop.services;
if (!names.includes(service)) {
  console.error(`which service? ${names.join(", ")}`);
  process.exit(1);
}
const told: Record<RotationStep, string> = {
  known: "all services know the new key",
  signing: `${service} signs with it; the tokens of the old one end within five minutes`,
  withdrawn: "the old key is withdrawn",
};
const folder = join(resolve(process.env["DATA_DIR"] || ".data"), "keys");
await rotateServiceKey(folder, service, { clock: systemClock, onStep: (step) => console.log(told[step]) });
