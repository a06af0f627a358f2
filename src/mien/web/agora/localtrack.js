// @ts-check
/** What the page sends: camera, microphone, screen, or a track of its own. */

import { capture, captureCamera, requireDevice } from './devices.js';
import { videoConstraints, videoEncoding } from './encoding.js';
import { AgoraRTCError, requireParameter } from './errors.js';
import { Track, withPictures, withSound } from './track.js';

/** @typedef {import('./track.js').Stage} Stage */

const CONTENT_HINTS = Object.freeze({ motion: 'motion', detail: 'detail', balanced: '' });

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
  setEnabled(enabled) {
    requireParameter(typeof enabled === 'boolean', 'enabled is not a boolean');
    return this.inTurn(async () => {
      if (enabled === this.enabled) return;
      if (!enabled && this.muted) throw unreachable('cannot set enabled while the track is muted');
      if (enabled) await this.switchOn();
      else this.switchOff();
      this.enabled = enabled;
    });
  }

  /** @param {boolean} muted @returns {Promise<void>} */
  setMuted(muted) {
    requireParameter(typeof muted === 'boolean', 'muted is not a boolean');
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

/** A picture track of any origin. */
export class LocalVideoTrack extends withPictures(LocalTrack, { mirrored: true }) {
  /**
   * @param {Stage} stage @param {MediaStreamTrack} media
   * @param {import('./encoding.js').VideoEncoding} encoding @param {string} [optimizationMode]
   */
  constructor(stage, media, encoding, optimizationMode = 'balanced') {
    super(stage, media);
    this.encoding = encoding;
    this.optimizationMode = optimizationMode;
    this.#hint();
  }

  /** @param {import('./encoding.js').VideoEncoding | string} config */
  async setEncoderConfiguration(config) {
    if (!this.enabled) throw new AgoraRTCError('TRACK_IS_DISABLED', 'the track is disabled');
    const encoding = { ...this.encoding, ...videoEncoding(config) };
    try {
      await this.media.applyConstraints(videoConstraints(encoding));
    } catch (error) {
      throw new AgoraRTCError('SET_ENCODING_PARAMETER_ERROR', String(error));
    }
    this.encoding = encoding;
    await this.link?.encodingChanged();
  }

  /** @param {'motion' | 'detail' | 'balanced'} mode */
  async setOptimizationMode(mode) {
    requireParameter(mode in CONTENT_HINTS, 'optimizationMode');
    this.optimizationMode = mode;
    this.#hint();
    await this.link?.encodingChanged();
  }

  /** @param {MediaStreamTrack} track @param {boolean} stopOldTrack */
  async replaceTrack(track, stopOldTrack) {
    requireParameter(track?.kind === 'video', 'track is not a video MediaStreamTrack');
    const old = this.media;
    await this.replaceMedia(track);
    if (stopOldTrack) old.stop();
  }

  /** @param {import('./encoding.js').VideoEncoding | string} [config] */
  clone(config) {
    const encoding = config ? videoEncoding(config) : this.encoding;
    return new LocalVideoTrack(this.stage, this.media.clone(), encoding, this.optimizationMode);
  }

  async setBeautyEffect() {}

  sendSeiData() {}

  #hint() {
    const hints = /** @type {Record<string, string>} */ (CONTENT_HINTS);
    this.media.contentHint = hints[this.optimizationMode] ?? '';
  }
}

/** A camera: it can be changed, and its light goes out while it is disabled. */
export class CameraVideoTrack extends LocalVideoTrack {
  /**
   * @param {Stage} stage @param {MediaStreamTrack} media
   * @param {import('./encoding.js').VideoEncoding} encoding
   * @param {{cameraId?: string, facingMode?: string, optimizationMode?: string}} config
   */
  constructor(stage, media, encoding, { cameraId, facingMode, optimizationMode }) {
    super(stage, media, encoding, optimizationMode);
    this.which = whichCamera(cameraId, facingMode);
  }

  /** @param {string | {deviceId?: string, facingMode?: string}} device @returns {Promise<void>} */
  setDevice(device) {
    const { deviceId, facingMode } =
      typeof device === 'string' ? { deviceId: device, facingMode: undefined } : device;
    return this.inTurn(async () => {
      if (deviceId) await requireDevice('videoinput', deviceId);
      const before = this.which;
      this.which = whichCamera(deviceId, facingMode, true);
      if (this.enabled) await this.#recapture(before);
    });
  }

  async switchOn() {
    await this.replaceMedia(await this.#capture());
  }

  switchOff() {
    this.media.stop();
  }

  /** Many cameras can't be open twice, so the old one stops first.
   * @param {MediaTrackConstraints} before what to go back to */
  async #recapture(before) {
    this.media.stop();
    try {
      await this.replaceMedia(await this.#capture());
    } catch (error) {
      this.which = before;
      await this.replaceMedia(await this.#capture());
      throw error;
    }
  }

  async #capture() {
    return (await captureCamera(this.encoding, this.which)).getVideoTracks()[0];
  }
}

/** @param {string} [cameraId] @param {string} [facingMode] @param {boolean} [exact]
 * @returns {MediaTrackConstraints} */
export function whichCamera(cameraId, facingMode, exact = false) {
  if (cameraId) return { deviceId: { exact: cameraId } };
  if (!facingMode) return {};
  return { facingMode: exact ? { exact: facingMode } : facingMode };
}

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
    requireParameter(volume >= 0 && volume <= 1000, 'volume is not between 0 and 1000');
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
    this.closeMeter();
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
