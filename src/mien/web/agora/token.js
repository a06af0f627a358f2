// @ts-check
/** Reads an AccessToken2 ("007"), to know when it runs out. Whether it is genuine the server says. */

const VERSION_PREFIX = '007';
const RTC_SERVICE = 1;
const JOIN_PRIVILEGE = 1;

/**
 * @typedef {object} TokenClaims
 * @property {string} appId
 * @property {string} channel
 * @property {string} uid empty for any
 * @property {number} expiresAt seconds since the epoch
 */

/** @param {string} token @returns {Promise<TokenClaims | null>} null for another form of token */
export async function readToken(token) {
  if (!token.startsWith(VERSION_PREFIX)) return null;
  try {
    const packed = Uint8Array.from(atob(token.slice(VERSION_PREFIX.length)), (c) => c.charCodeAt(0));
    return readClaims(new LittleEndian(await inflate(packed)));
  } catch {
    return null;
  }
}

/** @param {Uint8Array<ArrayBuffer>} packed zlib @returns {Promise<ArrayBuffer>} */
function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

/** @param {LittleEndian} read @returns {TokenClaims} */
function readClaims(read) {
  read.text(); // the signature
  const appId = read.text();
  const issuedAt = read.u32();
  const claims = { appId, channel: '', uid: '', expiresAt: issuedAt + read.u32() };
  read.u32(); // the salt
  for (let services = read.u16(); services > 0; services -= 1) {
    const type = read.u16();
    const privileges = read.privileges();
    if (type !== RTC_SERVICE) break; // others have other fields, and come after it
    claims.channel = read.text();
    claims.uid = read.text();
    const joinFor = privileges.get(JOIN_PRIVILEGE);
    if (joinFor) claims.expiresAt = Math.min(claims.expiresAt, issuedAt + joinFor);
  }
  return claims;
}

class LittleEndian {
  #view;
  #at = 0;

  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.#view = new DataView(bytes);
  }

  u16() {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32() {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  text() {
    const length = this.u16();
    this.#at += length;
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#at - length, length));
  }

  /** @returns {Map<number, number>} privilege to seconds of validity */
  privileges() {
    const found = new Map();
    for (let count = this.u16(); count > 0; count -= 1) found.set(this.u16(), this.u32());
    return found;
  }
}
