// @ts-check
/** A channel that is kept joined: opened, joined again with the same token when the way is lost. */

import { PeerLink } from './connection.js';
import { AgoraRTCError } from './errors.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const FIRST_JOIN_TRIES = 3;

/** After these joining again can't help: the session is gone, or the token is not accepted. */
const FINAL = Object.freeze(['CAN_NOT_GET_GATEWAY_SERVER', 'INVALID_PARAMS', 'NOT_SUPPORTED']);

/**
 * @typedef {object} SessionOptions
 * @property {import('./server.js').Channel} channel
 * @property {number | null} uid
 * @property {string} codec
 * @property {{servers: RTCIceServer[], relayOnly: boolean}} turn what the page has set
 * @property {(link: PeerLink) => Promise<void>} onLink a connection stands; media may be added
 * @property {() => void} onLost
 * @property {(error: AgoraRTCError) => void} onEnded joining again was refused
 * @property {(message: {type: string, [field: string]: any}) => void} onMessage
 * @property {(now: RTCPeerConnectionState, before: RTCPeerConnectionState) => void} onPeerState
 */

export class Session {
  #options;
  #peerId = '';
  #closed = false;
  #wake = () => {};
  /** @type {Promise<void>} settled unless the page was put aside */
  #shown = Promise.resolve();
  #show = () => {};
  /** @type {PeerLink | null} */
  link = null;

  /** @param {SessionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get channel() {
    return this.#options.channel;
  }

  /** Join, and stay joined until `close`. @returns {Promise<number>} the uid */
  async open() {
    for (let tries = 1, wait = FIRST_WAIT_MS; ; tries += 1, wait *= 2) {
      try {
        const uid = await this.#connect();
        globalThis.addEventListener?.('pagehide', this.#pageHides);
        globalThis.addEventListener?.('pageshow', this.#pageShows);
        this.#keep();
        return uid;
      } catch (error) {
        const { code } = /** @type {AgoraRTCError} */ (error);
        if (code !== 'NETWORK_ERROR' || tries === FIRST_JOIN_TRIES || this.#closed) throw error;
      }
      await this.#pause(wait);
    }
  }

  /** Leave. */
  async close() {
    if (this.#closed) return;
    this.#over();
    this.#wake();
    // First the word, then the way: a server that finds the way gone has nobody to say goodbye to.
    if (this.#peerId) await this.channel.leave(this.#peerId);
    this.link?.close();
  }

  /** The page goes away for good, or is put aside and may be shown again. */
  #pageHides = () => {
    this.#shown = new Promise((resolve) => {
      this.#show = resolve;
    });
    if (this.#peerId) this.channel.leave(this.#peerId, true);
    this.link?.close();
  };

  /** @param {PageTransitionEvent} event */
  #pageShows = ({ persisted }) => {
    if (persisted) this.#show();
  };

  #over() {
    this.#closed = true;
    this.#show();
    globalThis.removeEventListener?.('pagehide', this.#pageHides);
    globalThis.removeEventListener?.('pageshow', this.#pageShows);
  }

  /** @returns {Promise<number>} */
  async #connect() {
    const { channel, uid, codec, turn, onMessage, onPeerState, onLink } = this.#options;
    const iceServers = [...(await channel.iceServers()), ...turn.servers];
    this.#mustGoOn();
    const iceTransportPolicy = turn.relayOnly ? 'relay' : 'all';
    const link = new PeerLink({
      iceServers, iceTransportPolicy, codec, onMessage, onState: onPeerState,
    });
    this.link = link;
    try {
      let joinedAs = 0;
      const exchange = async (/** @type {string} */ sdp) => {
        const answer = await channel.join(sdp, uid);
        this.#peerId = answer.peer_id;
        joinedAs = answer.uid;
        return answer;
      };
      await link.open(exchange, (fragment) => channel.trickle(this.#peerId, fragment));
      this.#mustGoOn();
      await onLink(link);
      return joinedAs;
    } catch (error) {
      link.close();
      if (this.#closed && this.#peerId) await channel.leave(this.#peerId);
      throw this.#closed ? left() : error;
    }
  }

  async #keep() {
    while (!this.#closed) {
      await this.link?.lost;
      await this.#shown;
      if (this.#closed) return;
      this.link?.close();
      this.#options.onLost();
      await this.#joinAgain();
    }
  }

  async #joinAgain() {
    for (let wait = 0; !this.#closed; wait = longer(wait)) {
      await this.#pause(wait);
      await this.#shown;
      if (this.#closed) return;
      try {
        await this.#connect();
        return;
      } catch (error) {
        const failure = /** @type {AgoraRTCError} */ (error);
        if (this.#closed || FINAL.includes(failure.code)) return this.#end(failure);
      }
    }
  }

  /** @param {AgoraRTCError} failure */
  #end(failure) {
    const told = this.#closed;
    this.#over();
    if (!told) this.#options.onEnded(failure);
  }

  #mustGoOn() {
    if (this.#closed) throw left();
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }
}

/** @returns {AgoraRTCError} */
function left() {
  return new AgoraRTCError('OPERATION_ABORTED', 'the client has left meanwhile');
}

/** @param {number} wait @returns {number} milliseconds */
function longer(wait) {
  return wait ? Math.min(2 * wait, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
}
