// @ts-check
/** What the server signs about a session, checked against its published keys. */

const KEYS_PATH = '/v1/provenance/keys';

/**
 * @typedef {object} Statement
 * @property {string} iss @property {number} iat seconds since 1970
 * @property {string} session @property {string} mark_id @property {string} policy
 * @property {boolean} policy_signed @property {string} label @property {string} engine_version
 */

/**
 * @param {string} text a compact JWS
 * @param {typeof fetch} [send]
 * @returns {Promise<Statement | null>} null where it does not hold, or can't be checked here
 */
export async function verified(text, send = (input, init) => fetch(input, init)) {
  try {
    const [head, payload, signature] = text.split('.');
    const { alg, kid } = JSON.parse(words(head));
    const { keys } = await (await send(KEYS_PATH)).json();
    const jwk = keys.find((/** @type {any} */ key) => key.kid === kid);
    if (!jwk || alg !== 'Ed25519') return null;
    const { kty, crv, x } = jwk;
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify']);
    const signed = new TextEncoder().encode(`${head}.${payload}`);
    const holds = await crypto.subtle.verify('Ed25519', key, bytes(signature), signed);
    return holds ? JSON.parse(words(payload)) : null;
  } catch {
    return null; // no such algorithm in this browser, or no JWS
  }
}

/** @param {string} part base64url @returns {Uint8Array<ArrayBuffer>} */
function bytes(part) {
  const plain = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/** @param {string} part base64url @returns {string} */
function words(part) {
  return new TextDecoder().decode(bytes(part));
}
