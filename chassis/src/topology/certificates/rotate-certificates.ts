import type { Clock } from "../../core/clock.ts";
import { LOOK_EVERY } from "../../identity/keys/kept-file.ts";
import { writePrivateText } from "../keys/private-file.ts";
import { makeAuthority } from "./make-certificate.ts";
import { certificatesIn, prepareCertificates, readPair, writePair } from "./prepare-certificates.ts";

/** Milliseconds after which every process has read what was written: twice what it takes. */
const NOTICED = 2 * LOOK_EVERY;

/** How far it is: all believe the new authority, all have certificates of it, the old one is believed no more. */
export type CertificateRotationStep = "known" | "used" | "withdrawn";

/**
 * Gives a running system another authority and all its services other certificates, in the folder of their keys, so that no call is refused meanwhile.
 * Takes half a minute. When it is interrupted everything stays good; done again, it withdraws what was left over.
 */
export async function rotateCertificates(
  folder: string,
  services: readonly string[],
  { clock, onStep = () => {} }: { clock: Clock; onStep?: (step: CertificateRotationStep) => void },
): Promise<void> {
  const { authorityFile, authoritiesFile } = certificatesIn(folder);
  const old = await readPair(authorityFile);
  if (!old) throw new Error(`${folder} holds no certificates: the system runs without SERVICE_TLS`);
  const authority = makeAuthority("flotilla");
  await writePrivateText(authoritiesFile, old.certificate + authority.certificate);
  await clock.sleep(NOTICED);
  onStep("known");
  await writePair(authorityFile, authority);
  await prepareCertificates(folder, services);
  await clock.sleep(NOTICED);
  onStep("used");
  await writePrivateText(authoritiesFile, authority.certificate);
  await clock.sleep(NOTICED);
  onStep("withdrawn");
}
