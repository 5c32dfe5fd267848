import { createHash } from "node:crypto";
import { invalidInput } from "@flotilla/chassis/failure";
import type { CatalogueProduct } from "./product.ts";

const TAG = /(?:W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"/g;

/** The entity tag of a product: it changes with the product and with its stock, as both are part of the answer. */
export const productTag = ({ version, stockVersion }: CatalogueProduct): string => `"${version}.${stockVersion}"`;

/** The entity tag of any other answer: a hash of its text. */
export const tagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;

/** Whether an `If-None-Match` header names `tag` (weak comparison, RFC 9110 section 13.1.2). Without a header: no. */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === "*" || opaqueTags(ifNoneMatch).includes(tag.slice(1, -1));
}

/** Tags between commas (RFC 9110 section 8.8.3). */
const TAGS = /^\s*(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*")*\s*$/;

/**
 * Whether an `If-Match` header lets a change of `version` through: without a header, with `*`, or with a tag of that version that is not
 * weak (strong comparison, RFC 9110 section 13.1.1). What the tag says about the stock does not count: a sale must not void an administrator's
 * edit. Throws `invalid_input` for a header that holds anything else.
 */
export function allowsChange(ifMatch: string | undefined, version: number): boolean {
  if (ifMatch === undefined || ifMatch.trim() === "*") return true;
  if (!TAGS.test(ifMatch)) {
    throw invalidInput.failure({ errors: [{ path: "/headers/if-match", message: "must be * or entity tags" }] });
  }
  return strongTags(ifMatch).some((tag) => tag === `${version}` || tag.startsWith(`${version}.`));
}

const strongTags = (header: string): string[] =>
  Array.from(header.matchAll(TAG), ([whole, tag]) => (whole.startsWith("W/") ? "" : (tag as string)));

const opaqueTags = (header: string): string[] => Array.from(header.matchAll(TAG), ([, tag]) => tag as string);
