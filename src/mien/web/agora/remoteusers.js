// @ts-check
/** Who else is in the channel, what they publish, and what of it is subscribed. */

import { AgoraRTCError } from './errors.js';
import { RemoteAudioTrack, RemoteVideoTrack } from './remotetrack.js';

/** @typedef {'audio' | 'video'} Kind */

/** Somebody else in the channel. */
export class RemoteUser {
  hasAudio = false;
  hasVideo = false;
  /** @type {RemoteAudioTrack | undefined} */
  audioTrack = undefined;
  /** @type {RemoteVideoTrack | undefined} */
  videoTrack = undefined;
  /** @type {never[]} */
  dataChannels = [];

  /** @param {number} uid */
  constructor(uid) {
    this.uid = uid;
  }

  /** @param {Kind} kind */
  publishes(kind) {
    return kind === 'audio' ? this.hasAudio : this.hasVideo;
  }

  /** @param {Kind} kind @param {boolean} published */
  setPublished(kind, published) {
    if (kind === 'audio') this.hasAudio = published;
    else this.hasVideo = published;
  }

  /** @param {Kind} kind */
  track(kind) {
    return kind === 'audio' ? this.audioTrack : this.videoTrack;
  }

  /** Stop and forget a track. @param {Kind} kind */
  endTrack(kind) {
    this.track(kind)?.end();
    if (kind === 'audio') this.audioTrack = undefined;
    else this.videoTrack = undefined;
  }
}

export class RemoteUsers {
  #stage;
  #statistics;
  /** @type {RemoteUser[]} */
  #users = [];
  /** @type {import('./connection.js').PeerLink | null} */
  #link = null;
  #ownVoice = false;
  /** @type {import('./label.js').LabelWords | null} */
  #words = null;

  /**
   * @param {import('./track.js').Stage} stage
   * @param {(kind: Kind) => any} statistics of the received track
   */
  constructor(stage, statistics) {
    this.#stage = stage;
    this.#statistics = statistics;
  }

  get list() {
    return [...this.#users];
  }

  /** Whether what comes is the sound that this page sends: it is not played to who speaks.
   * @param {boolean} own */
  set ownVoice(own) {
    this.#ownVoice = own;
    for (const { audioTrack } of this.#users) if (audioTrack) audioTrack.player.silent = own;
  }

  /** Have every picture labelled here. @param {import('./label.js').LabelWords} words */
  label(words) {
    this.#words = words;
    for (const { videoTrack } of this.#users) if (videoTrack) this.#label(videoTrack);
  }

  /** @param {RemoteVideoTrack} track */
  #label(track) {
    track.label(this.#words, (drawn) => this.#link?.send({ type: 'label-drawn', drawn }));
  }

  /** @param {number | string} uid @returns {RemoteUser | undefined} */
  find(uid) {
    return this.#users.find((user) => String(user.uid) === String(uid));
  }

  /** @param {number} uid @returns {RemoteUser} */
  add(uid) {
    const user = new RemoteUser(uid);
    this.#users.push(user);
    return user;
  }

  /** @param {RemoteUser} user */
  remove(user) {
    user.endTrack('audio');
    user.endTrack('video');
    this.#users = this.#users.filter((kept) => kept !== user);
  }

  clear() {
    for (const user of this.list) this.remove(user);
    this.#link = null;
    this.#words = null;
  }

  /** Subscribed tracks go on with another connection. @param {import('./connection.js').PeerLink} link */
  resume(link) {
    this.#link = link;
    for (const user of this.#users) {
      user.audioTrack?.renew(this.#linkOf('audio', link));
      user.videoTrack?.renew(this.#linkOf('video', link));
    }
  }

  /** @param {RemoteUser | number | string} user or the uid @returns {RemoteUser} */
  require(user) {
    const uid = typeof user === 'object' ? user?.uid : user;
    const found = this.find(uid);
    if (!found) throw new AgoraRTCError('INVALID_REMOTE_USER', 'user is not in the channel');
    return found;
  }

  /** @param {RemoteUser} user @param {Kind} kind @returns {RemoteAudioTrack | RemoteVideoTrack} */
  subscribe(user, kind) {
    if (!user.publishes(kind)) {
      throw new AgoraRTCError('REMOTE_USER_IS_NOT_PUBLISHED', `the user has published no ${kind}`);
    }
    const known = user.track(kind);
    if (known) return known;
    const link = this.#linkOf(kind, /** @type {import('./connection.js').PeerLink} */ (this.#link));
    const media = link.transceiver.receiver.track;
    const Type = kind === 'audio' ? RemoteAudioTrack : RemoteVideoTrack;
    const track = new Type(this.#stage, media, user.uid);
    track.attach(link);
    if (track instanceof RemoteAudioTrack) {
      track.player.silent = this.#ownVoice;
      user.audioTrack = track;
    } else {
      user.videoTrack = track;
      this.#label(track);
    }
    return track;
  }

  /** @param {Kind} kind @param {import('./connection.js').PeerLink} link @returns {import('./track.js').Link} */
  #linkOf(kind, link) {
    return {
      transceiver: link.transceivers[kind],
      statistics: () => this.#statistics(kind),
      mediaChanged: async () => {},
      encodingChanged: async () => {},
      closed: () => {},
    };
  }
}
