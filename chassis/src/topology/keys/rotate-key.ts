import type { Clock } from "../../core/clock.ts";
import { LOOK_EVERY } from "../../identity/keys/kept-file.ts";
import { isPrivateJwk, type KeySet, newServiceKey, publicPart } from "../../identity/keys/signing-key.ts";
import { SERVICE_TOKEN_SECONDS } from "../../identity/tokens/service-token.ts";
import { publicKeysIn, serviceKeyIn } from "./keys.ts";
import { readJson, writePrivateJson } from "./private-file.ts";

/** Milliseconds after which every process has read what was written: twice what it takes. */
const NOTICED = 2 * LOOK_EVERY;

/** How far a rotation is: others know the new key, the service signs with it, the old one is good for nothing any more. */
export type RotationStep = "known" | "signing" | "withdrawn";

/**
 * Gives a service another key, in the folder of a running system's keys, so that no call is refused meanwhile: first all learn the new
 * key, then the service signs with it, and when the last token of the old one has ended, that is withdrawn. Takes about six minutes. When
 * it is interrupted everything stays good; done again, it withdraws what was left over.
 */
export async function rotateServiceKey(
  folder: string,
  service: string,
  { clock, onStep = () => {} }: { clock: Clock; onStep?: (step: RotationStep) => void },
): Promise<void> {
  const publicFile = publicKeysIn(folder);
  const { privateJwk, publicJwk } = await newServiceKey(service);
  const before = (await readJson(publicFile)) as KeySet | undefined;
  const old = await readJson(serviceKeyIn(folder, service));
  if (!before || !isPrivateJwk(old)) throw new Error(`${folder} does not hold the keys of ${service}`);
  const others = before.keys.filter(({ kid }) => kid !== service);
  await writePrivateJson(publicFile, { keys: [...others, publicPart(old), publicJwk] });
  await clock.sleep(NOTICED);
  onStep("known");
  await writePrivateJson(serviceKeyIn(folder, service), privateJwk);
  await clock.sleep(NOTICED);
  onStep("signing");
  await clock.sleep(SERVICE_TOKEN_SECONDS * 1_000);
  await writePrivateJson(publicFile, { keys: [...others, publicJwk] });
  await clock.sleep(NOTICED);
  onStep("withdrawn");
}
