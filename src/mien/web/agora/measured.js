// @ts-check
/** The part of a client that can be measured: who sends and is received, and the figures. */

import { CloudClient } from './cloud.js';
import { Monitor } from './monitor.js';
import { Publications } from './publications.js';
import { RemoteUsers } from './remoteusers.js';
import { Statistics } from './statistics.js';

const VOLUME_MS = 2000;

/** @typedef {'audio' | 'video'} Kind */

/** Base of the client; `connectionState`, `link` and `unpublish` are the client's own. */
export class MeasuredClient extends CloudClient {
  statistics = new Statistics();
  /** @type {number | string | undefined} */
  uid = undefined;
  /** performance.now() of the join; NaN while there is none. */
  joinedAt = NaN;

  /** @param {import('./agora.js').World} world */
  constructor({ stage, parameter }) {
    super();
    this.users = new RemoteUsers(stage, (kind) => this.#received(kind));
    this.publications = new Publications(
      stage.desk,
      (kind) => this.#sent(kind),
      (track) => this.unpublish(track).catch(() => {}),
    );
    this.monitor = new Monitor({
      statistics: this.statistics,
      users: this.users,
      publications: this.publications,
      state: () => this.connectionState,
      uid: () => this.uid ?? 0,
      link: () => this.link,
      emit: this.emit.bind(this),
      volumeMs: () => Number(parameter('AUDIO_VOLUME_INDICATION_INTERVAL')) || VOLUME_MS,
    });
  }

  /** @returns {string} */
  get connectionState() {
    return 'DISCONNECTED';
  }

  /** @returns {import('./connection.js').PeerLink | null} */
  get link() {
    return null;
  }

  /** @param {any} [_tracks] */
  async unpublish(_tracks) {}

  getRTCStats() {
    return this.statistics.call(this.joinedAt, this.users.list.length + 1);
  }

  getLocalAudioStats() {
    return this.statistics.localAudio();
  }

  getLocalVideoStats() {
    return this.statistics.localVideo();
  }

  getRemoteAudioStats() {
    return this.#perUser((user) => user.audioTrack && this.statistics.remoteAudio());
  }

  getRemoteVideoStats() {
    return this.#perUser((user) => user.videoTrack && this.statistics.remoteVideo());
  }

  getNetworkQuality() {
    return this.monitor.quality();
  }

  getRemoteNetworkQuality() {
    return this.#perUser(() => this.getNetworkQuality());
  }

  getNtpWallTimeInMs() {
    return Date.now();
  }

  /** @param {(user: import('./remoteusers.js').RemoteUser) => any} value */
  #perUser(value) {
    const pairs = this.users.list.map((user) => [String(user.uid), value(user)]);
    return Object.fromEntries(pairs.filter(([, told]) => told));
  }

  /** @param {Kind} kind */
  #sent(kind) {
    return kind === 'audio' ? this.getLocalAudioStats() : this.getLocalVideoStats();
  }

  /** @param {Kind} kind */
  #received(kind) {
    return kind === 'audio' ? this.statistics.remoteAudio() : this.statistics.remoteVideo();
  }
}
