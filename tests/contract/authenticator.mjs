// A software authenticator as `navigator.credentials`, for a page at `origin`: ES256, discoverable passkeys, the user always verified.

import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";

import { origin } from "./support.mjs";

const [UP, UV, BE, BS, AT] = [1, 4, 8, 16, 64];
const sha256 = (data) => createHash("sha256").update(data).digest();
const base64url = (data) => Buffer.from(data).toString("base64url");
const arrayBuffer = (data) => new Uint8Array(data).buffer;

/** CBOR of a Map with texts, integers, bytes and Maps. */
function cbor(value) {
  const head = (major, size) => (size < 24 ? [(major << 5) | size] : size < 256 ? [(major << 5) | 24, size] : [(major << 5) | 25, size >> 8, size & 255]);
  if (value instanceof Map) return Buffer.concat([Buffer.from(head(5, value.size)), ...[...value].flat().map(cbor)]);
  if (typeof value === "number") return Buffer.from(value < 0 ? head(1, -1 - value) : head(0, value));
  if (typeof value === "string") return Buffer.concat([Buffer.from(head(3, value.length)), Buffer.from(value)]);
  return Buffer.concat([Buffer.from(head(2, value.length)), value]);
}

export class Authenticator {
  passkeys = [];
  asked = [];

  constructor(page = origin) {
    this.page = page;
  }

  /** Become the authenticator of this process. */
  plugIn() {
    globalThis.PublicKeyCredential ??= class {};
    globalThis.navigator ??= {}; // Node has one from 21 on
    Object.defineProperty(navigator, "credentials", { value: this, configurable: true });
    return this;
  }

  create = async ({ publicKey }) => {
    this.asked.push(publicKey);
    const excluded = publicKey.excludeCredentials.map(({ id }) => base64url(id));
    if (this.passkeys.some(({ id }) => excluded.includes(base64url(id)))) throw new DOMException("there is one", "InvalidStateError");
    const { privateKey, publicKey: key } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const { x, y } = key.export({ format: "jwk" });
    const passkey = { id: randomBytes(32), rpId: publicKey.rp.id, userHandle: Buffer.from(publicKey.user.id), privateKey, counter: 0 };
    this.passkeys.push(passkey);
    const cose = new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, "base64url")], [-3, Buffer.from(y, "base64url")]]);
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, passkey.id.length]), passkey.id, cbor(cose)]);
    const attestation = new Map([["fmt", "none"], ["attStmt", new Map()], ["authData", this.#data(passkey, AT, attested)]]);
    return this.#credential(passkey, {
      clientDataJSON: this.#clientData("webauthn.create", publicKey.challenge),
      attestationObject: cbor(attestation),
      getTransports: () => ["internal", "hybrid"],
    });
  };

  get = async ({ publicKey }) => {
    this.asked.push(publicKey);
    const allowed = publicKey.allowCredentials?.map(({ id }) => base64url(id)) ?? [];
    const passkey = this.passkeys.findLast(({ id, rpId }) => rpId === publicKey.rpId && (!allowed.length || allowed.includes(base64url(id))));
    if (!passkey) throw new DOMException("none", "NotAllowedError");
    passkey.counter += 1;
    const clientDataJSON = this.#clientData("webauthn.get", publicKey.challenge);
    const authenticatorData = this.#data(passkey, 0, Buffer.alloc(0));
    const signature = createSign("sha256").update(Buffer.concat([authenticatorData, sha256(clientDataJSON)])).sign(passkey.privateKey);
    return this.#credential(passkey, { clientDataJSON, authenticatorData, signature, userHandle: passkey.userHandle });
  };

  #clientData(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge: base64url(challenge), origin: this.page, crossOrigin: false }));
  }

  #data({ rpId, counter }, flags, attested) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([UP | UV | BE | BS | flags]), count, attested]);
  }

  #credential({ id }, parts) {
    const response = Object.entries(parts).map(([name, part]) => [name, Buffer.isBuffer(part) ? arrayBuffer(part) : part]);
    return {
      id: base64url(id), rawId: arrayBuffer(id), type: "public-key", authenticatorAttachment: "platform",
      response: Object.fromEntries(response), getClientExtensionResults: () => ({}),
    };
  }
}
