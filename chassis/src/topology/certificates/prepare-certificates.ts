import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateText } from "../keys/private-file.ts";
import { type KeyAndCertificate, makeAuthority, makeCertificate } from "./make-certificate.ts";

/** Where the certificates of a system are. */
export type CertificateFiles = {
  /** The key and the certificate of a service. */
  certificateFile(service: string): string;
  /** The certificates of those who vouch for services. */
  readonly authoritiesFile: string;
};

/** What people who operate a system are called in their certificate. */
export const OPERATORS = "operators";

/** Milliseconds: a certificate that ends sooner is made anew. */
const SOON = 60 * 86_400_000;

/** Where in a folder of keys certificates are. */
export const certificatesIn = (folder: string): CertificateFiles & { readonly authorityFile: string } => ({
  certificateFile: (service) => join(folder, `${service}.pem`),
  authoritiesFile: join(folder, "authorities.pem"),
  authorityFile: join(folder, "authority.pem"),
});

/**
 * Makes an authority of the system's own, and a certificate for each service and for those who operate it, where there is none, it ends within two
 * months, or another authority signed it. May be done while services run: they read what was replaced.
 */
export async function prepareCertificates(
  folder: string,
  services: readonly string[],
  now = new Date(),
): Promise<CertificateFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = certificatesIn(folder);
  const kept = await readPair(files.authorityFile);
  const authority = kept ?? makeAuthority("flotilla", now);
  if (!kept) {
    await writePrivateText(files.authoritiesFile, authority.certificate);
    await writePair(files.authorityFile, authority);
  }
  for (const name of [...services, OPERATORS]) {
    const path = files.certificateFile(name);
    if (!isGood(await readPair(path), authority, now)) await writePair(path, makeCertificate(name, authority, now));
  }
  return files;
}

function isGood(kept: KeyAndCertificate | undefined, authority: KeyAndCertificate, now: Date): boolean {
  if (!kept) return false;
  const certificate = new X509Certificate(kept.certificate);
  const isOurs = certificate.verify(new X509Certificate(authority.certificate).publicKey);
  return isOurs && certificate.validToDate.getTime() - now.getTime() > SOON;
}

export const writePair = (path: string, { key, certificate }: KeyAndCertificate): Promise<void> =>
  writePrivateText(path, key + certificate);

/** A key and its certificate; undefined when the file is not there. Throws, and names it, when they are not in it. */
export async function readPair(path: string): Promise<KeyAndCertificate | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const key = createPrivateKey(text).export({ type: "pkcs8", format: "pem" }).toString();
    return { key, certificate: new X509Certificate(text).toString() };
  } catch (cause) {
    throw new Error(`${path} does not hold a key and its certificate`, { cause });
  }
}
