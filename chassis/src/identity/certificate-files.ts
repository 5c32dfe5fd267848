import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigurationError } from "../core/configuration/config.ts";

/** A private key and the certificates that prove whose it is, as PEM in one text. */
export type Credentials = string;

/** Whether a certificate is that of a service: it names it as a DNS name. */
export const isOf = (certificate: X509Certificate, service: string): boolean =>
  certificate.checkHost(service, { subject: "never", wildcards: false }) !== undefined;

/** Reads the key and the certificate of the service `name` from the file that TLS_CERTIFICATE_FILE names. Throws {@link ConfigurationError}. */
export async function readCredentials(path: string, name: string): Promise<Credentials> {
  const pem = await readText("TLS_CERTIFICATE_FILE", path);
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.checkPrivateKey(createPrivateKey(pem))) throw new Error("they don't belong together");
    if (!isOf(certificate, name))
      throw fault(`TLS_CERTIFICATE_FILE must hold the certificate of ${name}: it names another`);
    return pem;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw fault("TLS_CERTIFICATE_FILE must hold a private key and its certificate as PEM");
  }
}

/** Reads the certificates of those who vouch for services from the file that TLS_CA_FILE names. Throws {@link ConfigurationError}. */
export async function readAuthorities(path: string): Promise<string> {
  const pem = await readText("TLS_CA_FILE", path);
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw fault("TLS_CA_FILE must hold certificates as PEM");
  }
}

const readText = (setting: string, path: string): Promise<string> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw fault(`${setting} names a file that can't be read (${error.code})`);
  });

const fault = (line: string) => new ConfigurationError([line]);
