import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { bits, identifier, integer, octets, sequence, set, tagged, time, utf8, yes } from "./der.ts";

/** A private key and its certificate, as PEM. */
export type KeyAndCertificate = { readonly key: string; readonly certificate: string };

const DAY = 86_400_000;
/** Days that each is good for. */
const AUTHORITY_DAYS = 3_650;
const SERVICE_DAYS = 400;
/** Milliseconds by which a clock may be late. */
const LATE = 3_600_000;

const ECDSA_WITH_SHA256 = sequence(identifier("1.2.840.10045.4.3.2"));

/** Makes an authority: what it signs is believed by those who have its certificate. No two have one name. */
export function makeAuthority(system: string, now = new Date()): KeyAndCertificate {
  const name = `${system} authority ${randomBytes(6).toString("hex")}`;
  const { privateKey, publicKey } = newKeys();
  const uses = [
    extension("2.5.29.19", sequence(yes), true),
    // To sign certificates, and lists of withdrawn ones.
    extension("2.5.29.15", bits(Buffer.from([0x06]), 1), true),
  ];
  const about = { issuer: name, subject: name, publicKey, from: now, days: AUTHORITY_DAYS, extensions: uses };
  return { key: privatePem(privateKey), certificate: signed(about, privateKey) };
}

/** Makes the key of a service and the certificate that names it, for both sides of a connection. */
export function makeCertificate(service: string, authority: KeyAndCertificate, now = new Date()): KeyAndCertificate {
  const { privateKey, publicKey } = newKeys();
  const uses = [
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.15", bits(Buffer.from([0x80]), 7), true),
    extension("2.5.29.37", sequence(identifier("1.3.6.1.5.5.7.3.1"), identifier("1.3.6.1.5.5.7.3.2"))),
    extension("2.5.29.17", sequence(tagged(0x82, Buffer.from(service)))),
  ];
  const issuer = nameIn(new X509Certificate(authority.certificate).subject);
  const about = { issuer, subject: service, publicKey, from: now, days: SERVICE_DAYS, extensions: uses };
  return { key: privatePem(privateKey), certificate: signed(about, authority.key) };
}

type About = {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly from: Date;
  readonly days: number;
  readonly extensions: readonly Buffer[];
};

/** A certificate of version 3 (RFC 5280, 4.1), as PEM. */
function signed({ issuer, subject, publicKey, from, days, extensions }: About, by: KeyObject | string): string {
  const until = new Date(from.getTime() + days * DAY);
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    commonName(issuer),
    sequence(time(new Date(from.getTime() - LATE)), time(until)),
    commonName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const der = sequence(content, ECDSA_WITH_SHA256, bits(sign("sha256", content, by)));
  return new X509Certificate(der).toString();
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });

const privatePem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

const commonName = (name: string): Buffer => sequence(set(sequence(identifier("2.5.4.3"), utf8(name))));

const nameIn = (subject: string): string => subject.replace(/^CN=/, "");

const extension = (oid: string, content: Buffer, critical = false): Buffer =>
  critical ? sequence(identifier(oid), yes, octets(content)) : sequence(identifier(oid), octets(content));
