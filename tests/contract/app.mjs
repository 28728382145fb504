// An authenticator app: the codes of a TOTP URI, by RFC 6238.

import { createHmac } from "node:crypto";

import { clock } from "./support.mjs";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(text) {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** Return the code of a URI, of the current step or one that is `steps` later. */
export function codeOf(uri, steps = 0) {
  const { searchParams } = new URL(uri);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(clock() / 1000 / Number(searchParams.get("period"))) + steps));
  const digest = createHmac("sha1", base32(searchParams.get("secret"))).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 0xf) & 0x7fffffff;
  return String(number % 10 ** Number(searchParams.get("digits"))).padStart(6, "0");
}
