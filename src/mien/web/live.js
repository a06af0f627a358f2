// @ts-check
/** One live session: opened, joined, joined again when the way is lost, closed. No page here. */

import { Connection } from './connection.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/** Codes after which joining again can't help: the session or the token is gone. */
const FINAL_CODES = Object.freeze([1003, 1008, 1009, 1101, 1102, 1200]);

/** @typedef {import('./api.js').Session} Session */

/**
 * Dispatches 'state' (detail {state, wait?}), 'stream', 'message' and 'ended' (detail: an error).
 * States: creating, joining, joined, lost.
 */
export class LiveSession extends EventTarget {
  #api;
  #media;
  /** @type {Session | null} */
  #session = null;
  /** @type {Connection | null} */
  #connection = null;
  #stopped = false;
  #wake = () => {};

  /**
   * @param {import('./api.js').Api} api
   * @param {Omit<import('./connection.js').ConnectionOptions, 'exchange' | 'iceServers'>} media
   */
  constructor(api, media) {
    super();
    this.#api = api;
    this.#media = media;
  }

  /** Open a session and join it; afterwards it is kept joined until `stop`.
   * @param {import('./api.js').Worn} worn @param {number} quality @param {boolean} [record] */
  async start(worn, quality, record = false) {
    this.#say('creating');
    this.#session = await this.#api.create(worn, quality, record);
    if (this.#stopped) return this.#closeSession(false);
    try {
      this.#keepJoined(await this.#join());
    } catch (error) {
      await this.#closeSession(false).catch(() => {});
      throw error;
    }
  }

  /** @param {import('./api.js').Worn} worn */
  async changeFace(worn) {
    if (this.#session) await this.#api.update(this.#session._id, worn);
  }

  /** @param {'video' | 'audio'} kind @param {MediaStreamTrack | null} track */
  async replaceTrack(kind, track) {
    await this.#connection?.replaceTrack(kind, track);
  }

  /** Tell the server. @param {object} message */
  send(message) {
    this.#connection?.send(message);
  }

  /** @returns {Promise<RTCStatsReport | null>} */
  async statistics() {
    return this.#connection?.statistics() ?? null;
  }

  /** Hang up and close the session. @param {boolean} [leaving] the page is going away */
  async stop(leaving = false) {
    this.#stopped = true;
    this.#wake();
    this.#connection?.close();
    await this.#closeSession(leaving);
  }

  /** @param {boolean} leaving */
  async #closeSession(leaving) {
    if (this.#session) await this.#api.close(this.#session._id, leaving);
  }

  /** @returns {Promise<Connection>} */
  async #join() {
    this.#say('joining');
    const session = /** @type {Session} */ (this.#session);
    const connection = new Connection({
      ...this.#media,
      iceServers: session.ice_servers,
      exchange: (sdp) => this.#api.join(session, sdp),
    });
    for (const type of ['stream', 'message']) connection.addEventListener(type, (e) => this.#pass(e));
    this.#connection = connection;
    try {
      await connection.open();
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#say('joined');
    return connection;
  }

  /** @param {Connection} connection */
  async #keepJoined(connection) {
    while (!this.#stopped) {
      await connection.lost;
      this.#say('lost', 0); // said while the last picture can still be seen
      connection.close();
      const next = await this.#joinAgain();
      if (!next) return;
      connection = next;
    }
  }

  /** @returns {Promise<Connection | null>} */
  async #joinAgain() {
    for (let wait = 0; !this.#stopped; wait = longer(wait)) {
      this.#say('lost', wait / 1000);
      await this.#pause(wait);
      if (this.#stopped) return null;
      try {
        return await this.#join();
      } catch (error) {
        if (FINAL_CODES.includes(/** @type {any} */ (error).code)) return this.#end(error);
      }
    }
    return null;
  }

  /** @param {unknown} error @returns {null} */
  #end(error) {
    this.#stopped = true;
    this.dispatchEvent(new CustomEvent('ended', { detail: error }));
    return null;
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }

  /** @param {string} state @param {number} [wait] seconds until the next try */
  #say(state, wait) {
    if (this.#stopped) return;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, wait } }));
  }

  /** @param {Event} event */
  #pass(event) {
    const { type, detail } = /** @type {CustomEvent} */ (event);
    if (!this.#stopped) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {number} wait @returns {number} twice as long, up to a bound, milliseconds */
export function longer(wait) {
  return wait ? Math.min(2 * wait, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
}
