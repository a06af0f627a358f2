// @ts-check
/** What the server tells about the others in the channel becomes users, tracks and events. */

/** @typedef {import('./remoteusers.js').RemoteUser} RemoteUser */
/** @typedef {'audio' | 'video'} Kind */

const KINDS_TOLD = /** @type {const} */ (['audio', 'video']);

export class Presence {
  #users;
  #statistics;
  #emit;
  /** @type {any[]} messages that came before the page could act on them */
  #early = [];
  #open = false;
  /** What join was asked for. */
  options = { autoSubscribe: false, autoReceiveAndPlayAudio: false };

  /**
   * @param {import('./remoteusers.js').RemoteUsers} users
   * @param {import('./statistics.js').Statistics} statistics
   * @param {(event: string, ...values: any[]) => void} emit
   */
  constructor(users, statistics, emit) {
    this.#users = users;
    this.#statistics = statistics;
    this.#emit = emit;
  }

  /** @param {any} message */
  hear(message) {
    if (this.#open) this.#act(message);
    else this.#early.push(message);
  }

  /** Keep what is told until `open`. */
  hold() {
    this.#open = false;
  }

  open() {
    this.#open = true;
    const messages = this.#early;
    this.#early = [];
    for (const message of messages) this.hear(message);
  }

  clear() {
    this.#open = false;
    this.#early = [];
    this.#users.clear();
  }

  /** The session is over for everybody. */
  everybodyLeft() {
    for (const user of this.#users.list) this.#left(user, 'Quit');
  }

  /** @param {any} message */
  #act(message) {
    const { type, uid, media } = message;
    const user = uid === undefined ? undefined : this.#users.find(uid);
    if (type === 'user-joined' && !user) this.#joined(uid);
    if (type === 'user-published') this.#published(user ?? this.#joined(uid), media);
    if (type === 'user-unpublished' && user) this.#unpublished(user, media);
    if (type === 'user-left' && user) this.#left(user, message.reason ?? 'Quit');
    if (type === 'statistics') this.#statistics.serverLatency = message.latency_ms ?? 0;
    if (type === 'refused') console.warn(`AgoraRTC: the server refuses the picture: ${message.text}`);
    if (type === 'stream-message') this.#emit('stream-message', uid, bytesOf(message.data));
    if (type === 'label') this.#users.label(message);
    if (type === 'statement') this.#emit('stream-message', uid, jsonBytes(message));
  }

  /** @param {number} uid @returns {RemoteUser} */
  #joined(uid) {
    const user = this.#users.add(uid);
    this.#emit('user-joined', user);
    return user;
  }

  /** @param {RemoteUser} user @param {Kind} kind */
  #published(user, kind) {
    if (user.publishes(kind)) return;
    user.setPublished(kind, true);
    if (this.options.autoSubscribe) {
      const track = this.#users.subscribe(user, kind);
      if (kind === 'audio' && this.options.autoReceiveAndPlayAudio) track.play('');
    }
    this.#emit('user-published', user, kind);
  }

  /** @param {RemoteUser} user @param {Kind} kind */
  #unpublished(user, kind) {
    if (!user.publishes(kind)) return;
    user.setPublished(kind, false);
    user.endTrack(kind);
    this.#emit('user-unpublished', user, kind);
  }

  /** @param {RemoteUser} user @param {string} reason */
  #left(user, reason) {
    for (const kind of KINDS_TOLD) this.#unpublished(user, kind);
    this.#users.remove(user);
    this.#emit('user-left', user, reason);
  }
}

/** What the server has signed comes as another user's message would: JSON, as bytes.
 * @param {object} message @returns {Uint8Array} */
function jsonBytes(message) {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** @param {string} text base64 @returns {Uint8Array} */
function bytesOf(text) {
  return Uint8Array.from(atob(text ?? ''), (character) => character.charCodeAt(0));
}
