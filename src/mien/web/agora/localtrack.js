// @ts-check
/** What every track that the page sends has. */

import { AgoraRTCError, requireParameter } from './errors.js';
import { Track } from './track.js';

/** @typedef {import('./track.js').Stage} Stage */

/** A track that can be published. */
export class LocalTrack extends Track {
  muted = false;
  enabled = true;
  closed = false;
  /** @type {Promise<unknown>} changes take turns */
  #turn = Promise.resolve();

  /** @param {Stage} stage @param {MediaStreamTrack} media */
  constructor(stage, media) {
    super(stage, media);
    this.#watch(media);
  }

  /** @param {boolean} enabled @returns {Promise<void>} */
  async setEnabled(enabled) {
    requireParameter(typeof enabled === 'boolean', 'Invalid enabled: The value is of the boolean type.');
    return this.inTurn(async () => {
      if (enabled === this.enabled) return;
      if (!enabled && this.muted) throw unreachable('cannot set enabled while the track is muted');
      if (enabled) await this.switchOn();
      else this.switchOff();
      this.enabled = enabled;
    });
  }

  /** @param {boolean} muted @returns {Promise<void>} */
  async setMuted(muted) {
    requireParameter(typeof muted === 'boolean', 'Invalid muted: The value is of the boolean type.');
    return this.inTurn(async () => {
      if (muted === this.muted) return;
      if (muted && !this.enabled) throw unreachable('cannot set muted while the track is disabled');
      this.muted = muted;
      this.media.enabled = !muted;
    });
  }

  /** Stop for good; a published track is unpublished. */
  close() {
    if (this.closed) return;
    this.closed = true;
    this.stop();
    this.link?.closed();
    this.media.stop();
  }

  /** @returns {MediaStreamTrack} what is sent */
  outgoingTrack() {
    return this.media;
  }

  async switchOn() {
    this.media.enabled = true;
  }

  switchOff() {
    this.media.enabled = false;
  }

  /** @param {MediaStreamTrack} media */
  replaceMedia(media) {
    media.enabled = !this.muted;
    this.#watch(media);
    return super.replaceMedia(media);
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  inTurn(change) {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** @param {MediaStreamTrack} media */
  #watch(media) {
    media.addEventListener('ended', () => {
      if (media === this.media && !this.closed) this.emit('track-ended');
    });
  }
}

/** @param {string} message */
function unreachable(message) {
  return new AgoraRTCError('TRACK_STATE_UNREACHABLE', message);
}
