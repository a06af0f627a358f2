// @ts-check
/** The SDK's client: one person in one channel. */

import {
  checkClaims, checkJoin, checkPublishable, checkTrack, iceServer, requireKind, requireOneOf,
} from './checks.js';
import { AgoraRTCError, requireParameter } from './errors.js';
import { withoutProxy } from './itself.js';
import { MeasuredClient } from './measured.js';
import { Presence } from './presence.js';
import { kindOf } from './publications.js';
import { Channel } from './server.js';
import { Session } from './session.js';
import { readToken } from './token.js';
import { TokenClock } from './tokenclock.js';

const MODES = ['rtc', 'live', 'p2p'];
const CODECS = ['vp8', 'vp9', 'h264', 'h265', 'av1'];
const ROLES = ['audience', 'host'];
const KINDS = /** @type {const} */ (['audio', 'video']);

/** @typedef {'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTING'} State */
/** @typedef {'audio' | 'video'} Kind */

export class AgoraRTCClient extends MeasuredClient {
  #world;
  #presence;
  #tokenClock = new TokenClock({
    willExpire: () => this.emit('token-privilege-will-expire'),
    didExpire: () => this.#tokenExpired(),
  });
  /** @type {Session | null} */
  #session = null;
  /** @type {Promise<void> | null} while it goes on */
  #leaving = null;
  #leaves = 0;
  /** @type {Promise<unknown>} changes of what is published take turns */
  #publishing = Promise.resolve();
  /** @type {State} */
  #state = 'DISCONNECTED';
  #appId = '';
  #turn = { servers: /** @type {RTCIceServer[]} */ ([]), relayOnly: false };
  /** @type {string | undefined} */
  channelName = undefined;
  /** @type {never[]} */
  localDataChannels = [];

  /**
   * @param {import('./agora.js').World} world
   * @param {{mode?: string, codec?: string, role?: string, turnServer?: object}} [config]
   */
  constructor(world, { mode = 'rtc', codec = 'vp8', role, turnServer } = {}) {
    super(world);
    requireOneOf(MODES, mode, 'config.mode');
    requireOneOf(CODECS, codec, 'config.codec');
    if (role !== undefined) requireOneOf(ROLES, role, 'config.role');
    this.#world = world;
    this.codec = codec;
    this.audioCodec = 'opus';
    this.mode = mode;
    this.role = mode === 'live' ? (role ?? 'audience') : 'host';
    this.#presence = new Presence(this.users, this.statistics, this.emit.bind(this));
    if (turnServer) this.setTurnServer(turnServer);
  }

  get connectionState() {
    return this.#state;
  }

  get remoteUsers() {
    return this.users.list;
  }

  get localTracks() {
    return this.publications.tracks;
  }

  /**
   * @param {string} appId @param {string} channel @param {string | null} token
   * @param {number | string | null} [wanted] the uid; that of the token when missing
   * @param {{autoSubscribe?: boolean, autoReceiveAndPlayAudio?: boolean}} [options]
   * @returns {Promise<number | string>} the uid
   */
  async join(appId, channel, token, wanted = null, options = {}) {
    const uid = Number.isNaN(wanted) ? null : wanted; // as parseInt makes it of nothing
    checkJoin(appId, channel, token, uid);
    const leaves = this.#leaves;
    if (this.#leaving) await this.#leaving;
    if (leaves !== this.#leaves) throw new AgoraRTCError('OPERATION_ABORTED', 'Client already left');
    if (this.#state !== 'DISCONNECTED') {
      throw new AgoraRTCError('INVALID_OPERATION', 'Client already in connecting/connected state');
    }
    this.#become('CONNECTING');
    this.#presence.hold();
    const session = this.#newSession(new Channel(this.#world.finder, channel, token ?? ''), uid);
    this.#session = session;
    Object.assign(this.#presence.options, { autoSubscribe: false, ...options });
    try {
      const claims = await readToken(token ?? '');
      if (claims) checkClaims(claims, appId, channel, uid);
      const joinedAs = await session.open();
      this.#enter(appId, channel, typeof uid === 'string' ? uid : joinedAs, claims);
      return /** @type {number | string} */ (this.uid);
    } catch (error) {
      this.#abandon(session, error);
      throw error;
    }
  }

  async leave() {
    this.#leaves += 1;
    const session = this.#session;
    if (!session) return this.#leaving ?? undefined;
    this.#session = null;
    this.#become('DISCONNECTING');
    this.#leaving = session.close().finally(() => {
      this.#leaving = null;
      this.#depart('LEAVE');
    });
    return this.#leaving;
  }

  /** The connection that stands now. @override */
  get link() {
    return this.#session?.link ?? null;
  }

  /** @param {any} tracks one, or an array of tracks */
  async publish(tracks) {
    const list = [tracks].flat().map(withoutProxy);
    requireParameter(list.length > 0, 'param list is empty');
    for (const track of list) checkTrack(track);
    if (this.role === 'audience') {
      throw new AgoraRTCError('INVALID_OPERATION', 'audience can not publish stream');
    }
    for (const track of list) checkPublishable(track);
    await this.#inTurn(async () => {
      this.#requireJoined('publish stream');
      for (const track of list) await this.#publishOne(track);
    });
  }

  /** @param {any} [tracks] one, or an array; all when missing */
  async unpublish(tracks) {
    this.#requireJoined('unpublish stream');
    // The page may still walk through localTracks: nothing changes before the next turn.
    await this.#inTurn(async () => {
      const list = tracks ? [tracks].flat().map(withoutProxy) : this.localTracks;
      for (const track of list) {
        if (this.publications.has(track)) await this.publications.remove(track);
      }
      this.users.ownVoice = this.#hearsItself();
    });
  }

  /** @param {any} user or its uid @param {Kind} mediaType */
  async subscribe(user, mediaType) {
    const found = this.users.require(user);
    requireKind(mediaType);
    this.#requireJoined('subscribe stream');
    // As over a network: several parts of a page may ask, and none has the track before the others.
    await new Promise((resolve) => setTimeout(resolve));
    return this.users.subscribe(found, mediaType);
  }

  /** @param {any} uid @param {Kind} mediaType */
  async presubscribe(uid, mediaType) {
    this.#requireJoined('subscribe stream');
    return this.subscribe(uid, mediaType);
  }

  /** @param {any} user or its uid @param {Kind} [mediaType] both when missing */
  async unsubscribe(user, mediaType) {
    const found = this.users.require(user);
    if (mediaType) requireKind(mediaType);
    this.#requireJoined('unsubscribe stream');
    for (const kind of mediaType ? [mediaType] : KINDS) found.endTrack(kind);
  }

  /** @param {{user: any, mediaType: Kind}[]} list */
  async massSubscribe(list) {
    requireParameter(Array.isArray(list), 'subscribeList should be an array');
    this.#requireJoined('subscribe stream');
    return Promise.all(
      list.map(async ({ user, mediaType }) => {
        try {
          return { user, mediaType, track: await this.subscribe(user, mediaType) };
        } catch (error) {
          return { user, mediaType, error };
        }
      }),
    );
  }

  /** @param {{user: any, mediaType?: Kind}[]} list */
  async massUnsubscribe(list) {
    requireParameter(Array.isArray(list), 'unsubscribeList should be an array');
    this.#requireJoined('unsubscribe stream');
    for (const { user, mediaType } of list) await this.unsubscribe(user, mediaType);
  }

  /** @param {string} role 'host' or 'audience' */
  async setClientRole(role) {
    requireOneOf(ROLES, role, 'role');
    if (this.mode === 'rtc') {
      throw new AgoraRTCError('INVALID_OPERATION', 'rtc mode can not use setClientRole');
    }
    if (role === 'audience' && this.localTracks.length > 0) {
      throw new AgoraRTCError('INVALID_OPERATION', 'unpublish before becoming audience');
    }
    this.role = role;
  }

  /** @param {string} token a new one for the same channel and uid */
  async renewToken(token) {
    requireParameter(typeof token === 'string' && token.length > 0, 'token is empty');
    const session = this.#session;
    if (!session || !this.channelName) {
      throw new AgoraRTCError('INVALID_OPERATION', 'renewToken should not be called before user join');
    }
    const claims = await readToken(token);
    if (claims) checkClaims(claims, this.#appId, this.channelName, null);
    await session.channel.iceServers(token);
    session.channel.token = token;
    this.#tokenClock.set(claims);
  }

  /** @param {any} config one TURN server in the SDK's form, or RTCIceServers */
  setTurnServer(config) {
    if (this.#state !== 'DISCONNECTED') {
      throw new AgoraRTCError('INVALID_OPERATION', 'set TURN servers before joining');
    }
    const list = [config].flat();
    this.#turn = {
      servers: list.map(iceServer),
      relayOnly: list.some((server) => server.forceturn === true),
    };
  }

  enableAudioVolumeIndicator() {
    this.monitor.indicateVolume();
  }

  /** @param {string | Uint8Array | {payload: string | Uint8Array}} message */
  async sendStreamMessage(message) {
    this.#requireJoined('send a stream message');
    const payload = /** @type {any} */ (message)?.payload ?? message;
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    const data = btoa(String.fromCharCode(...bytes));
    this.link?.send({ type: 'stream-message', data });
  }

  /** @param {Channel} channel @param {number | string | null} uid */
  #newSession(channel, uid) {
    /** @type {Session} */
    const session = new Session({
      channel,
      uid: uid === null || uid === '' ? null : Number(uid),
      codec: this.codec,
      turn: this.#turn,
      onLink: (link) => this.#resume(session, link),
      onLost: () => this.#lost(session),
      onEnded: (error) => this.#ended(session, error),
      onMessage: (message) => this.#heard(session, message),
      onPeerState: (now, before) => this.emit('peerconnection-state-change', now, before),
    });
    return session;
  }

  /** Joined. @param {string} appId @param {string} channel @param {number | string} uid
   * @param {import('./token.js').TokenClaims | null} claims */
  #enter(appId, channel, uid, claims) {
    this.uid = uid;
    this.channelName = channel;
    this.#appId = appId;
    this.joinedAt = performance.now();
    this.#tokenClock.set(claims);
    this.monitor.start();
    this.#become('CONNECTED');
    // After join's own promise, so that listeners set on the next line hear of everybody.
    const session = this.#session;
    setTimeout(() => session === this.#session && this.#presence.open());
  }

  /** @param {Session} session @param {import('./connection.js').PeerLink} link */
  async #resume(session, link) {
    if (session !== this.#session) return;
    this.users.resume(link);
    await this.publications.resume(link);
    if (this.#state !== 'RECONNECTING') return;
    this.#become('CONNECTED');
    for (const { uid } of this.users.list) this.emit('media-reconnect-end', uid);
    this.#presence.open();
  }

  /** @param {Session} session */
  #lost(session) {
    if (session !== this.#session) return;
    this.statistics.clear();
    this.#presence.hold();
    this.#become('RECONNECTING');
    for (const { uid } of this.users.list) this.emit('media-reconnect-start', uid);
  }

  /** @param {Session} session @param {AgoraRTCError} error */
  #ended(session, error) {
    if (session !== this.#session) return;
    const expired = this.#tokenClock.expired;
    this.#presence.everybodyLeft();
    this.#finish(expired ? 'TOKEN_EXPIRE' : 'SERVER_ERROR');
    if (expired) this.emit('token-privilege-did-expire');
    else console.warn(error.message);
  }

  #tokenExpired() {
    this.#finish('TOKEN_EXPIRE');
    this.emit('token-privilege-did-expire');
  }

  /** Leave because of something else than the page. @param {string} reason */
  #finish(reason) {
    const session = this.#session;
    this.#session = null;
    session?.close();
    this.#depart(reason);
  }

  /** @param {string} reason */
  #depart(reason) {
    this.monitor.stop();
    this.#tokenClock.clear();
    this.#presence.clear();
    this.publications.clear();
    this.#become('DISCONNECTED', reason);
    this.uid = this.channelName = undefined;
    this.joinedAt = NaN;
  }

  /** A join that failed. @param {Session} session @param {unknown} error */
  #abandon(session, error) {
    if (session !== this.#session) return;
    this.#session = null;
    this.#depart(codeOf(error) === 'NETWORK_ERROR' ? 'NETWORK_ERROR' : 'SERVER_ERROR');
  }

  /** @param {Session} session @param {any} message */
  #heard(session, message) {
    if (session !== this.#session) return;
    if (message.type === 'replaced') this.#finish('UID_CONFLICT');
    else this.#presence.hear(message);
  }

  /** @param {any} track */
  async #publishOne(track) {
    if (this.publications.has(track)) return;
    if (kindOf(track) === 'video' && this.publications.of('video').length > 0) {
      throw new AgoraRTCError('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS', 'unpublish the other first');
    }
    await this.publications.add(track);
    this.users.ownVoice = this.#hearsItself();
  }

  #hearsItself() {
    return this.publications.of('audio').length > 0 && this.#world.parameter('MIEN_OWN_VOICE') !== 'play';
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  #inTurn(change) {
    const result = this.#publishing.then(change);
    this.#publishing = result.catch(() => {});
    return result;
  }

  /** @param {State} state @param {string} [reason] */
  #become(state, reason) {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    this.emit('connection-state-change', state, before, reason);
  }

  /** @param {string} what */
  #requireJoined(what) {
    if (this.#state === 'CONNECTED' || this.#state === 'RECONNECTING') return;
    const why = this.#state === 'DISCONNECTED' ? "haven't joined yet!" : `in ${this.#state} state`;
    throw new AgoraRTCError('INVALID_OPERATION', `Can't ${what}, ${why}`);
  }
}

/** @param {any} error @returns {string | undefined} */
function codeOf(error) {
  return error?.code;
}
