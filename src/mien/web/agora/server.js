// @ts-check
/** Where Mien is, and what a client asks of it. */

import { AgoraRTCError } from './errors.js';

const CREATE_PATH = '/faceswap/live/create';
const GOOD = 1000;
const REFUSED = Object.freeze([1008, 1009, 1101, 1102, 1200]);
const REQUEST_MS = 20_000;
const LEAVE_MS = 3000;

/**
 * Knows the addresses at which the server may be. The first that holds one counts: what the page
 * named, the `server` in the script's own address, where the page has created its session (the
 * browser keeps a list of what was loaded), and the origins of the script and of the page.
 */
export class ServerFinder {
  /** What the page named. */
  named = '';
  #script = '';
  #created = '';
  /** @type {PerformanceObserver | null} */
  #observer = null;

  /** Begin to notice where sessions are created; the browser's own list may overflow. */
  watch() {
    if (typeof PerformanceObserver === 'undefined') return;
    this.#observer = new PerformanceObserver((list) => this.#notice(list.getEntries()));
    this.#observer.observe({ type: 'resource', buffered: true });
  }

  /** @param {string} address of the script itself */
  loadedFrom(address) {
    this.#script = address;
  }

  /** @returns {string[]} base addresses, best first */
  candidates() {
    this.#notice(this.#observer?.takeRecords() ?? []);
    const named = this.named || globalThis.MIEN_SERVER || queryOf(this.#script);
    if (named) return [named.replace(/\/+$/, '')];
    const origins = [this.#created, originOf(this.#script), originOf(globalThis.location?.href)];
    return [...new Set(origins.filter(Boolean))];
  }

  /** @param {PerformanceEntryList} entries */
  #notice(entries) {
    for (const { name } of entries) {
      const path = name.split(/[?#]/)[0];
      if (path.endsWith(CREATE_PATH)) this.#created = originOf(path);
    }
  }
}

/** @param {string} [address] @returns {string} empty for file: and the like */
function originOf(address) {
  return /^https?:/.test(address ?? '') ? new URL(/** @type {string} */ (address)).origin : '';
}

/** @param {string} address @returns {string} */
function queryOf(address) {
  return /^https?:|^file:/.test(address) ? (new URL(address).searchParams.get('server') ?? '') : '';
}

/** One channel of the server, and the token that opens it. */
export class Channel {
  #finder;
  #path;
  #base = '';

  /** @param {ServerFinder} finder @param {string} channel @param {string} token */
  constructor(finder, channel, token) {
    this.#finder = finder;
    this.#path = `/v1/channels/${encodeURIComponent(channel)}`;
    this.token = token;
  }

  /** @param {string} [token] another one, to see whether it is accepted
   * @returns {Promise<RTCIceServer[]>} */
  async iceServers(token = this.token) {
    return (await this.#ask('GET', '/ice', { token })).ice_servers ?? [];
  }

  /**
   * @param {string} sdp @param {number | null} uid
   * @returns {Promise<{peer_id: string, sdp: string, uid: number, algorithm_user_id: string}>}
   */
  join(sdp, uid) {
    return this.#ask('POST', '/join', { json: { sdp, uid } });
  }

  /** @param {string} peerId @param {string} fragment candidates, RFC 8840 */
  async trickle(peerId, fragment) {
    await this.#send('PATCH', `/peers/${peerId}`, { fragment });
  }

  /** @param {string} peerId @param {boolean} [leaving] the page is going away */
  async leave(peerId, leaving = false) {
    await this.#send('DELETE', `/peers/${peerId}`, { leaving });
  }

  /**
   * Ask the first address that answers as Mien does.
   * @param {string} method @param {string} path @param {RequestParts} [parts] @returns {Promise<any>}
   */
  async #ask(method, path, parts = {}) {
    const bases = this.#base ? [this.#base] : this.#finder.candidates();
    for (const base of bases) {
      const answer = await this.#send(method, path, parts, base);
      if (!answer) continue;
      this.#base = base;
      if (answer.code === GOOD) return answer.data;
      throw refusal(answer);
    }
    const tried = bases.join(', ') || 'no address';
    throw new AgoraRTCError(
      'NETWORK_ERROR',
      `no Mien server answers at ${tried}. Name it: AgoraRTC.setParameter("MIEN_SERVER", "https://...")`,
    );
  }

  /**
   * @typedef {object} RequestParts
   * @property {string} [token] @property {object} [json] @property {string} [fragment]
   * @property {boolean} [leaving]
   */

  /**
   * @param {string} method @param {string} path @param {RequestParts} parts
   * @returns {Promise<{code: number, msg: string, data?: any} | null>} null when it isn't Mien's
   */
  async #send(method, path, { token = this.token, json, fragment, leaving }, base = this.#base) {
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${token}` };
    if (json) headers['Content-Type'] = 'application/json';
    if (fragment) headers['Content-Type'] = 'application/trickle-ice-sdpfrag';
    const body = json ? JSON.stringify(json) : fragment;
    const patience = method === 'DELETE' ? LEAVE_MS : REQUEST_MS;
    const signal = leaving ? undefined : AbortSignal.timeout(patience);
    try {
      const url = base + this.#path + path;
      const response = await fetch(url, { method, headers, body, signal, keepalive: leaving });
      const answer = await response.json();
      return typeof answer?.code === 'number' ? answer : null;
    } catch {
      return null; // unreachable, or something else than Mien
    }
  }
}

/** @param {{code: number, msg: string}} answer @returns {AgoraRTCError} */
function refusal({ code, msg }) {
  const name = REFUSED.includes(code) ? 'CAN_NOT_GET_GATEWAY_SERVER' : 'UNEXPECTED_RESPONSE';
  return new AgoraRTCError(name, msg, { code });
}
