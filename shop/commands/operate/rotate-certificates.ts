import { join, resolve } from "node:path";
import { systemClock } from "@flotilla/chassis/service";
import {
  type CertificateRotationStep,
  rotateCertificates,
} from "../../../chassis/src/topology/certificates/rotate-certificates.ts";
import { shop } from "../../topology.ts";

/* Gives the shop that runs in DATA_DIR (.data) with SERVICE_TLS=on another authority, and its services other certificates. */
const told: Record<CertificateRotationStep, string> = {
  known: "all services believe the new authority",
  used: "all have certificates of it",
  withdrawn: "the old one is believed no more",
};
const folder = join(resolve(process.env["DATA_DIR"] || ".data"), "keys");
await rotateCertificates(folder, shop.services, { clock: systemClock, onStep: (step) => console.log(told[step]) });
