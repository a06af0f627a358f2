// @ts-check
/** The SDK's client: one person in one channel. */

import { CloudClient } from './cloud.js';
import { wanted } from './encoding.js';
import { AgoraRTCError, requireParameter } from './errors.js';
import { kindOf, Publications } from './publications.js';
import { ExceptionWatch, networkQuality } from './quality.js';
import { RemoteUsers } from './remoteusers.js';
import { Channel } from './server.js';
import { Session } from './session.js';
import { Statistics } from './statistics.js';
import { readToken } from './token.js';
import { TokenClock } from './tokenclock.js';

const MODES = ['rtc', 'live', 'p2p'];
const CODECS = ['vp8', 'vp9', 'h264', 'h265', 'av1'];
const KINDS = /** @type {const} */ (['audio', 'video']);
const TICK_MS = 1000;
const REPORT_TICKS = 2;
const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,64}$/;
const MOST_UID = 2 ** 32 - 1;

/** @typedef {'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTING'} State */
/** @typedef {'audio' | 'video'} Kind */

export class AgoraRTCClient extends CloudClient {
  #world;
  #codec;
  #users;
  #publications;
  #statistics = new Statistics();
  #exceptions = new ExceptionWatch((event) => this.emit('exception', event));
  #tokenClock = new TokenClock({
    willExpire: () => this.emit('token-privilege-will-expire'),
    didExpire: () => this.#tokenExpired(),
  });
  /** @type {Session | null} */
  #session = null;
  /** @type {Promise<void>} */
  #leaving = Promise.resolve();
  /** @type {Promise<unknown>} changes of what is published take turns */
  #publishing = Promise.resolve();
  /** @type {State} */
  #state = 'DISCONNECTED';
  /** @type {any[]} messages that came before the page could act on them */
  #early = [];
  #joined = { appId: '', at: 0 };
  #options = { autoSubscribe: false, autoReceiveAndPlayAudio: false };
  #turn = { servers: /** @type {RTCIceServer[]} */ ([]), relayOnly: false };
  #ticks = 0;
  #timer = 0;
  #indicatesVolume = false;
  /** @type {number | string | undefined} */
  uid = undefined;
  /** @type {string | undefined} */
  channelName = undefined;
  /** @type {never[]} */
  localDataChannels = [];

  /**
   * @param {import('./agora.js').World} world
   * @param {{mode?: string, codec?: string, role?: string, turnServer?: object}} [config]
   */
  constructor(world, { mode = 'rtc', codec = 'vp8', role, turnServer } = {}) {
    super();
    requireParameter(MODES.includes(mode), `mode: ${mode} is none of ${MODES.join(', ')}`);
    requireParameter(CODECS.includes(codec), `codec: ${codec} is none of ${CODECS.join(', ')}`);
    this.#world = world;
    this.#codec = codec;
    this.mode = mode;
    this.role = mode === 'live' ? (role ?? 'audience') : 'host';
    const { stage } = world;
    this.#users = new RemoteUsers(stage, (kind) => this.#received(kind));
    this.#publications = new Publications(
      stage.desk,
      (kind) => this.#sent(kind),
      (track) => this.unpublish(track).catch(() => {}),
    );
    if (turnServer) this.setTurnServer(turnServer);
  }

  get connectionState() {
    return this.#state;
  }

  get remoteUsers() {
    return this.#users.list;
  }

  get localTracks() {
    return this.#publications.tracks;
  }

  /**
   * @param {string} appId @param {string} channel @param {string | null} token
   * @param {number | string | null} [uid] that of the token when missing
   * @param {{autoSubscribe?: boolean, autoReceiveAndPlayAudio?: boolean}} [options]
   * @returns {Promise<number | string>} the uid
   */
  async join(appId, channel, token, uid = null, options = {}) {
    checkJoin(appId, channel, token, uid);
    await this.#leaving;
    if (this.#state !== 'DISCONNECTED') {
      throw new AgoraRTCError('INVALID_OPERATION', 'Client already in connecting/connected state');
    }
    this.#become('CONNECTING');
    const session = this.#newSession(new Channel(this.#world.finder, channel, token ?? ''), uid);
    this.#session = session;
    Object.assign(this.#options, { autoSubscribe: false, ...options });
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
    const session = this.#session;
    if (!session) return this.#leaving;
    this.#session = null;
    this.#become('DISCONNECTING');
    this.#leaving = session.close().then(() => this.#depart('LEAVE'));
    return this.#leaving;
  }

  /** @param {any} tracks one, or an array of tracks */
  async publish(tracks) {
    const list = Array.isArray(tracks) ? tracks : [tracks];
    requireParameter(list.length > 0, 'the list of tracks is empty');
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
    // The page may still walk through localTracks: nothing changes before the next turn.
    await this.#inTurn(async () => {
      const list = tracks === undefined ? this.localTracks : [tracks].flat();
      for (const track of list) {
        if (this.#publications.has(track)) await this.#publications.remove(track);
      }
      this.#users.ownVoice = this.#hearsItself();
    });
  }

  /** @param {any} user or its uid @param {Kind} mediaType */
  async subscribe(user, mediaType) {
    requireParameter(KINDS.includes(mediaType), `mediaType: ${mediaType}`);
    this.#requireJoined('subscribe stream');
    return this.#users.subscribe(this.#users.require(user), mediaType);
  }

  /** @param {any} uid @param {Kind} mediaType */
  presubscribe(uid, mediaType) {
    return this.subscribe(uid, mediaType);
  }

  /** @param {any} user or its uid @param {Kind} [mediaType] both when missing */
  async unsubscribe(user, mediaType) {
    requireParameter(!mediaType || KINDS.includes(mediaType), `mediaType: ${mediaType}`);
    this.#requireJoined('unsubscribe stream');
    const found = this.#users.require(user);
    for (const kind of mediaType ? [mediaType] : KINDS) found.endTrack(kind);
  }

  /** @param {{user: any, mediaType: Kind}[]} list */
  massSubscribe(list) {
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
    for (const { user, mediaType } of list) await this.unsubscribe(user, mediaType);
  }

  /** @param {string} role 'host' or 'audience' */
  async setClientRole(role) {
    requireParameter(role === 'host' || role === 'audience', `role: ${role}`);
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
    if (claims) checkClaims(claims, this.#joined.appId, this.channelName, null);
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
    this.#indicatesVolume = true;
  }

  /** @param {string | Uint8Array | {payload: string | Uint8Array}} message */
  async sendStreamMessage(message) {
    this.#requireJoined('send a stream message');
    const payload = /** @type {any} */ (message)?.payload ?? message;
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    const data = btoa(String.fromCharCode(...bytes));
    this.#session?.link?.send({ type: 'stream-message', data });
  }

  getRTCStats() {
    return this.#statistics.call(this.#joined.at, this.#users.list.length + 1);
  }

  getLocalAudioStats() {
    return this.#statistics.localAudio();
  }

  getLocalVideoStats() {
    return this.#statistics.localVideo();
  }

  getRemoteAudioStats() {
    return this.#perUser((user) => user.audioTrack && this.#statistics.remoteAudio());
  }

  getRemoteVideoStats() {
    return this.#perUser((user) => user.videoTrack && this.#statistics.remoteVideo());
  }

  getNetworkQuality() {
    return networkQuality(this.#statistics.line(), this.#state);
  }

  getRemoteNetworkQuality() {
    return this.#perUser(() => this.getNetworkQuality());
  }

  getNtpWallTimeInMs() {
    return Date.now();
  }

  /** @param {Channel} channel @param {number | string | null} uid */
  #newSession(channel, uid) {
    /** @type {Session} */
    const session = new Session({
      channel,
      uid: uid === null || uid === '' ? null : Number(uid),
      codec: this.#codec,
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
    this.#joined = { appId, at: performance.now() };
    this.#tokenClock.set(claims);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    globalThis.addEventListener?.('pagehide', this.#goAway);
    this.#become('CONNECTED');
    // After join's own promise, so that listeners set on the next line hear of everybody.
    setTimeout(() => this.#hearEarly());
  }

  /** @param {Session} session @param {import('./connection.js').PeerLink} link */
  async #resume(session, link) {
    if (session !== this.#session) return;
    this.#users.resume(link);
    await this.#publications.resume(link);
    if (this.#state !== 'RECONNECTING') return;
    this.#become('CONNECTED');
    for (const { uid } of this.#users.list) this.emit('media-reconnect-end', uid);
    this.#hearEarly();
  }

  /** @param {Session} session */
  #lost(session) {
    if (session !== this.#session) return;
    this.#statistics.clear();
    this.#become('RECONNECTING');
    for (const { uid } of this.#users.list) this.emit('media-reconnect-start', uid);
  }

  /** @param {Session} session @param {AgoraRTCError} error */
  #ended(session, error) {
    if (session !== this.#session) return;
    const expired = this.#tokenClock.expired;
    for (const user of this.#users.list) this.#userLeft(user, 'Quit');
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
    this.#leaving = (session?.close() ?? Promise.resolve()).catch(() => {});
    this.#depart(reason);
  }

  /** @param {string} reason */
  #depart(reason) {
    clearInterval(this.#timer);
    globalThis.removeEventListener?.('pagehide', this.#goAway);
    this.#tokenClock.clear();
    this.#users.clear();
    this.#publications.clear();
    this.#statistics.clear();
    this.#early = [];
    this.#become('DISCONNECTED', reason);
    this.uid = this.channelName = undefined;
  }

  /** A join that failed. @param {Session} session @param {unknown} error */
  #abandon(session, error) {
    if (session !== this.#session) return;
    this.#session = null;
    this.#depart(codeOf(error) === 'NETWORK_ERROR' ? 'NETWORK_ERROR' : 'SERVER_ERROR');
  }

  #goAway = () => {
    this.#session?.close(true);
  };

  /** @param {Session} session @param {any} message */
  #heard(session, message) {
    if (session !== this.#session) return;
    if (message.type === 'replaced') this.#finish('UID_CONFLICT');
    else if (this.#state !== 'CONNECTED' || this.#early.length) this.#early.push(message);
    else this.#act(message);
  }

  #hearEarly() {
    const messages = this.#early;
    this.#early = [];
    for (const message of messages) if (this.#session) this.#act(message);
  }

  /** @param {any} message */
  #act(message) {
    const { type, uid, media } = message;
    const user = uid === undefined ? undefined : this.#users.find(uid);
    if (type === 'user-joined' && !user) this.#userJoined(uid);
    if (type === 'user-published') this.#userPublished(user ?? this.#userJoined(uid), media);
    if (type === 'user-unpublished' && user) this.#userUnpublished(user, media);
    if (type === 'user-left' && user) this.#userLeft(user, message.reason ?? 'Quit');
    if (type === 'statistics') this.#statistics.serverLatency = message.latency_ms ?? 0;
    if (type === 'refused') console.warn(`AgoraRTC: the server refuses the picture: ${message.text}`);
    if (type === 'stream-message') this.emit('stream-message', uid, bytesOf(message.data));
  }

  /** @param {number} uid */
  #userJoined(uid) {
    const user = this.#users.add(uid);
    this.emit('user-joined', user);
    return user;
  }

  /** @param {import('./remoteusers.js').RemoteUser} user @param {Kind} kind */
  #userPublished(user, kind) {
    if (user.publishes(kind)) return;
    user.setPublished(kind, true);
    if (this.#options.autoSubscribe) {
      const track = this.#users.subscribe(user, kind);
      if (kind === 'audio' && this.#options.autoReceiveAndPlayAudio) track.play('');
    }
    this.emit('user-published', user, kind);
  }

  /** @param {import('./remoteusers.js').RemoteUser} user @param {Kind} kind */
  #userUnpublished(user, kind) {
    if (!user.publishes(kind)) return;
    user.setPublished(kind, false);
    user.endTrack(kind);
    this.emit('user-unpublished', user, kind);
  }

  /** @param {import('./remoteusers.js').RemoteUser} user @param {string} reason */
  #userLeft(user, reason) {
    for (const kind of KINDS) this.#userUnpublished(user, kind);
    this.#users.remove(user);
    this.emit('user-left', user, reason);
  }

  /** @param {any} track */
  async #publishOne(track) {
    if (this.#publications.has(track)) return;
    if (kindOf(track) === 'video' && this.#publications.of('video').length > 0) {
      throw new AgoraRTCError('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS', 'unpublish the other first');
    }
    await this.#publications.add(track);
    this.#users.ownVoice = this.#hearsItself();
  }

  #hearsItself() {
    return this.#publications.of('audio').length > 0 && !this.#world.playsOwnVoice();
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  #inTurn(change) {
    const result = this.#publishing.then(change);
    this.#publishing = result.catch(() => {});
    return result;
  }

  async #tick() {
    const report = await this.#session?.link?.statistics().catch(() => null);
    if (!report || !this.#session) return;
    this.#statistics.take(report);
    await this.#publications.refresh();
    for (const { videoTrack } of this.#users.list) videoTrack?.progress(this.#statistics.framesDecoded);
    if (this.#state === 'CONNECTED') this.#watchExceptions();
    this.#ticks += 1;
    if (this.#ticks % REPORT_TICKS) return;
    this.emit('network-quality', this.getNetworkQuality());
    if (this.#indicatesVolume) this.emit('volume-indicator', this.#volumes());
  }

  #watchExceptions() {
    const uid = this.uid ?? 0;
    const [video] = this.#publications.of('video');
    const [audio] = this.#publications.of('audio');
    if (video?.enabled && !video.muted) {
      this.#exceptions.sentVideo(this.getLocalVideoStats(), wanted(video.encoding?.frameRate), uid);
    }
    if (audio?.enabled && !audio.muted) this.#exceptions.sentAudio(this.getLocalAudioStats(), uid);
    for (const user of this.#users.list) {
      if (user.videoTrack) this.#exceptions.receivedVideo(this.#statistics.remoteVideo(), user.uid);
      if (user.audioTrack) this.#exceptions.receivedAudio(this.#statistics.remoteAudio(), user.uid);
    }
  }

  /** @returns {{uid: number | string, level: number}[]} levels from 0 to 100, loudest first */
  #volumes() {
    const own = this.#publications.of('audio').map((track) => ({ uid: this.uid ?? 0, track }));
    const others = this.#users.list.map(({ uid, audioTrack }) => ({ uid, track: audioTrack }));
    const heard = [...own, ...others].filter(({ track }) => track?.getVolumeLevel);
    const levels = heard.map(({ uid, track }) => ({ uid, level: track.getVolumeLevel() * 100 }));
    return levels.sort((one, other) => other.level - one.level);
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

  /** @param {(user: import('./remoteusers.js').RemoteUser) => any} value */
  #perUser(value) {
    const pairs = this.#users.list.map((user) => [String(user.uid), value(user)]);
    return Object.fromEntries(pairs.filter(([, told]) => told));
  }

  /** @param {Kind} kind */
  #sent(kind) {
    return kind === 'audio' ? this.getLocalAudioStats() : this.getLocalVideoStats();
  }

  /** @param {Kind} kind */
  #received(kind) {
    return kind === 'audio' ? this.#statistics.remoteAudio() : this.#statistics.remoteVideo();
  }
}

/** @param {unknown} appId @param {unknown} channel @param {unknown} token @param {unknown} uid */
function checkJoin(appId, channel, token, uid) {
  requireParameter(typeof appId === 'string' && appId.length > 0, 'appid is empty');
  requireParameter(
    typeof channel === 'string' && CHANNEL_NAME.test(channel),
    'channel is no name of 1 to 64 characters',
  );
  requireParameter(
    token === null || (typeof token === 'string' && token.length > 0),
    'token is empty; if you do not use a token, set it to null',
  );
  requireParameter(uid === null || isUid(uid), 'uid is no number from 0 to 4294967295 and no string');
}

/** @param {unknown} uid */
function isUid(uid) {
  if (typeof uid === 'string') return uid.length <= 255;
  return Number.isInteger(uid) && Number(uid) >= 0 && Number(uid) <= MOST_UID;
}

/**
 * What the server would refuse as well, with the words of the SDK.
 * @param {import('./token.js').TokenClaims} claims
 * @param {string} appId @param {string} channel @param {number | string | null} uid
 */
function checkClaims(claims, appId, channel, uid) {
  const refuse = (/** @type {string} */ why) => {
    throw new AgoraRTCError('CAN_NOT_GET_GATEWAY_SERVER', why);
  };
  if (claims.appId !== appId) refuse('invalid vendor key, can not find appid');
  if (claims.channel !== channel) refuse('invalid token, authorized failed: another channel');
  const anyUid = uid === null || Number(uid) === 0 || !claims.uid;
  if (!anyUid && claims.uid !== String(uid)) refuse('invalid token, authorized failed: another uid');
}

/** @param {any} track */
function checkTrack(track) {
  const fits = typeof track?.getMediaStreamTrack === 'function';
  requireParameter(fits, 'parameter is not local track');
}

/** @param {any} track */
function checkPublishable(track) {
  if (track.closed) throw new AgoraRTCError('INVALID_LOCAL_TRACK', 'the track is closed');
  if (track.enabled !== false) return;
  throw new AgoraRTCError('TRACK_IS_DISABLED', `can not publish a disabled track: ${track.getTrackId()}`);
}

/** @param {any} server @returns {RTCIceServer} */
function iceServer(server) {
  if (server?.urls) return server;
  requireParameter(typeof server?.turnServerURL === 'string', 'turnServerURL is missing');
  const { turnServerURL: host, username, password, security, udpport, tcpport } = server;
  const scheme = security ? 'turns' : 'turn';
  const urls = [`${scheme}:${host}:${udpport ?? 3478}?transport=udp`];
  if (tcpport) urls.push(`${scheme}:${host}:${tcpport}?transport=tcp`);
  return { urls, username, credential: password };
}

/** @param {string} text base64 @returns {Uint8Array} */
function bytesOf(text) {
  return Uint8Array.from(atob(text ?? ''), (character) => character.charCodeAt(0));
}

/** @param {any} error @returns {string | undefined} */
function codeOf(error) {
  return error?.code;
}
