// @ts-check
/** Sound that the page sends: of a microphone, or a track of its own. */

import { capture, requireDevice } from './devices.js';
import { requireParameter } from './errors.js';
import { LocalTrack } from './localtrack.js';
import { withSound } from './track.js';

/** @typedef {import('./track.js').Stage} Stage */

/** A sound track of any origin. */
export class LocalAudioTrack extends withSound(LocalTrack) {
  /** @type {import('./sound.js').Mixer | null} */
  #gain = null;

  /** @param {Stage} stage @param {MediaStreamTrack} media
   * @param {import('./encoding.js').AudioEncoding} encoding */
  constructor(stage, media, encoding) {
    super(stage, media);
    this.encoding = encoding;
  }

  /** @param {number} volume 0 to 1000; 100 for as it is */
  setVolume(volume) {
    requireParameter(volume >= 0 && volume <= 1000, 'invalid volume: the value range is [0, 1000].');
    const first = !this.#gain;
    if (first && volume === 100) return;
    this.#gain ??= this.stage.desk.mixer([this.media]);
    this.#gain.amplify(volume / 100);
    if (first) this.link?.mediaChanged();
  }

  outgoingTrack() {
    return this.#gain?.track ?? this.media;
  }

  /** @param {MediaStreamTrack} media */
  replaceMedia(media) {
    this.#gain?.replace([media]);
    return super.replaceMedia(media);
  }

  close() {
    super.close();
    this.deafen();
    this.#gain?.close();
  }
}

/** A microphone: it can be changed, and is let go while it is disabled. */
export class MicrophoneAudioTrack extends LocalAudioTrack {
  /**
   * @param {Stage} stage @param {MediaStreamTrack} media
   * @param {import('./encoding.js').AudioEncoding} encoding @param {MediaTrackConstraints} constraints
   */
  constructor(stage, media, encoding, constraints) {
    super(stage, media, encoding);
    this.constraints = constraints;
  }

  /** @param {string} deviceId @returns {Promise<void>} */
  setDevice(deviceId) {
    return this.inTurn(async () => {
      await requireDevice('audioinput', deviceId);
      const before = this.constraints;
      this.constraints = { ...before, deviceId: { exact: deviceId } };
      if (!this.enabled) return;
      this.media.stop();
      try {
        await this.switchOn();
      } catch (error) {
        this.constraints = before;
        await this.switchOn();
        throw error;
      }
    });
  }

  async switchOn() {
    await this.replaceMedia((await capture({ audio: this.constraints })).getAudioTracks()[0]);
  }

  switchOff() {
    this.media.stop();
  }
}
