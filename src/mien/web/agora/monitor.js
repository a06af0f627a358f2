// @ts-check
/** Looks at a joined client every second: statistics, network quality, volumes, exceptions. */

import { wanted } from './encoding.js';
import { ExceptionWatch, networkQuality } from './quality.js';

const TICK_MS = 1000;
const REPORT_TICKS = 2;

/**
 * @typedef {object} Watched
 * @property {import('./statistics.js').Statistics} statistics
 * @property {import('./remoteusers.js').RemoteUsers} users
 * @property {import('./publications.js').Publications} publications
 * @property {() => string} state
 * @property {() => number | string} uid
 * @property {() => import('./connection.js').PeerLink | null | undefined} link
 * @property {(event: string, ...values: any[]) => void} emit
 * @property {() => number} volumeMs
 */

export class Monitor {
  #watched;
  #exceptions;
  #ticks = 0;
  #timer = 0;
  #volumeTimer = 0;
  #indicatesVolume = false;

  /** @param {Watched} watched */
  constructor(watched) {
    this.#watched = watched;
    this.#exceptions = new ExceptionWatch((event) => watched.emit('exception', event));
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    if (this.#indicatesVolume) this.indicateVolume();
  }

  /** Tell from now on how loud everybody is. */
  indicateVolume() {
    const { state, emit, volumeMs } = this.#watched;
    this.#indicatesVolume = true;
    clearInterval(this.#volumeTimer);
    if (state() === 'DISCONNECTED') return;
    this.#volumeTimer = setInterval(() => emit('volume-indicator', this.#volumes()), volumeMs());
  }

  stop() {
    clearInterval(this.#timer);
    clearInterval(this.#volumeTimer);
    this.#watched.statistics.clear();
  }

  quality() {
    return networkQuality(this.#watched.statistics.line(), this.#watched.state());
  }

  async #tick() {
    const { statistics, users, publications, state, link, emit } = this.#watched;
    const report = await link()?.statistics().catch(() => null);
    if (report) statistics.take(report);
    if (report) await publications.refresh();
    for (const { videoTrack } of users.list) videoTrack?.progress(statistics.framesDecoded);
    if (state() === 'CONNECTED') this.#watchExceptions();
    this.#ticks += 1;
    if (this.#ticks % REPORT_TICKS || state() === 'DISCONNECTED') return;
    emit('network-quality', this.quality());
  }

  #watchExceptions() {
    const { statistics, users, publications } = this.#watched;
    const uid = this.#watched.uid();
    const [video] = publications.of('video');
    const [audio] = publications.of('audio');
    if (video?.enabled && !video.muted) {
      this.#exceptions.sentVideo(statistics.localVideo(), uid, wanted(video.encoding?.frameRate));
    }
    if (audio?.enabled && !audio.muted) this.#exceptions.sentAudio(statistics.localAudio(), uid);
    for (const user of users.list) {
      if (user.videoTrack) this.#exceptions.receivedVideo(statistics.remoteVideo(), user.uid);
      if (user.audioTrack) this.#exceptions.receivedAudio(statistics.remoteAudio(), user.uid);
    }
  }

  /** @returns {{uid: number | string, level: number}[]} levels from 0 to 100, loudest first */
  #volumes() {
    const { users, publications, uid } = this.#watched;
    const own = publications.of('audio').map((track) => ({ uid: uid(), track }));
    const others = users.list.map((user) => ({ uid: user.uid, track: user.audioTrack }));
    const levels = [...own, ...others].map((one) => ({
      uid: one.uid,
      level: (one.track?.getVolumeLevel?.() ?? 0) * 100,
    }));
    return levels.sort((one, other) => other.level - one.level);
  }
}
