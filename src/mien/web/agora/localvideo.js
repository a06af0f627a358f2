// @ts-check
/** Pictures that the page sends: of a camera, a screen, or a track of its own. */

import { captureCamera, requireDevice } from './devices.js';
import { videoConstraints, videoEncoding } from './encoding.js';
import { AgoraRTCError, notSupported, requireParameter } from './errors.js';
import { LocalTrack } from './localtrack.js';
import { withPictures } from './track.js';

/** @typedef {import('./track.js').Stage} Stage */
/** @typedef {import('./encoding.js').VideoEncoding} VideoEncoding */

const CONTENT_HINTS = Object.freeze({ motion: 'motion', detail: 'detail', balanced: '' });

/** A picture track of any origin. */
export class LocalVideoTrack extends withPictures(LocalTrack) {
  /**
   * @param {Stage} stage @param {MediaStreamTrack} media
   * @param {VideoEncoding} encoding @param {string} [optimizationMode]
   */
  constructor(stage, media, encoding, optimizationMode = 'balanced') {
    super(stage, media);
    this.encoding = encoding;
    this.optimizationMode = optimizationMode;
    this.#hint();
  }

  /** A screen is shown whole, and not mirrored.
   * @override @returns {import('./playback.js').VideoPlayerConfig} */
  usualLook() {
    return { fit: 'contain', mirror: false };
  }

  /** @param {VideoEncoding | string} config */
  async setEncoderConfiguration(config) {
    if (!this.enabled) {
      throw new AgoraRTCError('TRACK_IS_DISABLED', 'can not set encoder configuration when track is disabled');
    }
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
    this.optimizationMode = mode;
    this.#hint();
    await this.link?.encodingChanged();
  }

  /** @param {MediaStreamTrack} track @param {boolean} stopOldTrack */
  async replaceTrack(track, stopOldTrack) {
    requireParameter(track?.kind === 'video', 'track should be a video MediaStreamTrack');
    const old = this.media;
    await this.replaceMedia(track);
    if (stopOldTrack) old.stop();
  }

  /** @param {VideoEncoding | string} [config] @param {boolean} [cloneTrack] else it shares the media
   * @returns {LocalVideoTrack} */
  clone(config, cloneTrack = true) {
    const encoding = config ? videoEncoding(config) : this.encoding;
    return this.another(cloneTrack ? this.media.clone() : this.media, encoding);
  }

  /** @param {MediaStreamTrack} media @param {VideoEncoding} encoding @returns {LocalVideoTrack} */
  another(media, encoding) {
    return new LocalVideoTrack(this.stage, media, encoding, this.optimizationMode);
  }

  /** @param {MediaStreamTrack} media */
  replaceMedia(media) {
    const done = super.replaceMedia(media);
    this.#hint();
    return done;
  }

  /** @param {boolean} enabled */
  async setBeautyEffect(enabled) {
    if (enabled) throw notSupported('a beauty effect');
  }

  sendSeiData() {} // no video of this server carries it

  #hint() {
    const hints = /** @type {Record<string, string>} */ (CONTENT_HINTS);
    this.media.contentHint = hints[this.optimizationMode] ?? '';
  }
}

/** A camera: it can be changed, and its light goes out while it is disabled. */
export class CameraVideoTrack extends LocalVideoTrack {
  /**
   * @param {Stage} stage @param {MediaStreamTrack} media
   * @param {VideoEncoding} encoding
   * @param {{cameraId?: string, facingMode?: string, optimizationMode?: string}} config
   */
  constructor(stage, media, encoding, { cameraId, facingMode, optimizationMode }) {
    super(stage, media, encoding, optimizationMode);
    this.which = whichCamera(cameraId, facingMode);
  }

  /** @override @returns {import('./playback.js').VideoPlayerConfig} */
  usualLook() {
    return { fit: 'cover', mirror: true };
  }

  /** @param {MediaStreamTrack} media @param {VideoEncoding} encoding @returns {CameraVideoTrack} */
  another(media, encoding) {
    const copy = new CameraVideoTrack(this.stage, media, encoding, this);
    copy.which = this.which;
    return copy;
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
