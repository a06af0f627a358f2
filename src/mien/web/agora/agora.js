// @ts-check
/** The SDK's entry object. */

import { pictureMoves, soundIsHeard } from './activity.js';
import { BufferSourceAudioTrack, readSource } from './buffersource.js';
import { AgoraRTCClient } from './client.js';
import { CloudEntry } from './cloud.js';
import { ENUMERATIONS } from './constants.js';
import { capture, captureCamera, captureScreen, DeviceWatch, listNamedDevices } from './devices.js';
import { audioConstraints, audioEncoding, screenEncoding, videoEncoding } from './encoding.js';
import { AgoraRTCError, requireParameter } from './errors.js';
import { LocalAudioTrack, MicrophoneAudioTrack } from './localaudio.js';
import { CameraVideoTrack, LocalVideoTrack, whichCamera } from './localvideo.js';
import { Autoplay } from './playback.js';
import { ServerFinder } from './server.js';
import { SoundDesk } from './sound.js';

/** The version of the SDK whose surface this is. */
const SDK_VERSION = '4.24.8';
const ACTIVE_MS = 5000;

/** @type {Readonly<Record<string, [string, string]>>} a kind of device to an event and a callback */
const DEVICE_EVENTS = Object.freeze({
  videoinput: ['camera-changed', 'onCameraChanged'],
  audioinput: ['microphone-changed', 'onMicrophoneChanged'],
  audiooutput: ['playback-device-changed', 'onPlaybackDeviceChanged'],
});

/** Callbacks that a page may set. */
const PAGES_CALLBACKS = Object.freeze({
  onAudioAutoplayFailed: undefined,
  onAudioContextStateChanged: undefined,
  onAutoplayFailed: undefined,
  onCameraChanged: undefined,
  onMicrophoneChanged: undefined,
  onPlaybackDeviceChanged: undefined,
  onSecurityPolicyViolation: undefined,
});

/** Parameters that change something. */
const PARAMETERS = Object.freeze({ AUDIO_VOLUME_INDICATION_INTERVAL: 2000 });

/**
 * @typedef {object} World what clients share
 * @property {import('./track.js').Stage} stage
 * @property {ServerFinder} finder
 * @property {(name: string) => any} parameter what the page has set
 *
 * @typedef {import('./encoding.js').AudioEncoding} AudioEncoding
 * @typedef {import('./encoding.js').VideoEncoding} VideoEncoding
 *
 * @typedef {object} MicrophoneConfig
 * @property {AudioEncoding | string} [encoderConfig]
 * @property {boolean} [AEC] @property {boolean} [ANS] @property {boolean} [AGC]
 * @property {string} [microphoneId]
 *
 * @typedef {object} CameraConfig
 * @property {VideoEncoding | string} [encoderConfig]
 * @property {string} [cameraId] @property {string} [facingMode] @property {string} [optimizationMode]
 */

export class AgoraRTCEntry extends CloudEntry {
  VERSION = SDK_VERSION;
  BUILD = 'Mien';
  DEV = false;
  ESM = false;
  ESM_BUNDLER = false;
  UMD = true;
  AgoraRTCError = AgoraRTCError;
  #finder = new ServerFinder();
  /** @type {Map<string, any>} */
  #parameters = new Map(Object.entries(PARAMETERS));
  #stage = {
    autoplay: new Autoplay(() => this.#autoplayFailed()),
    desk: new SoundDesk((now, before) => this.#tell('audio-context-state-changed', 'onAudioContextStateChanged', now, before)),
  };
  #devices = new DeviceWatch((info) => this.#deviceChanged(info));
  /** @type {World} */
  #world = {
    stage: this.#stage,
    finder: this.#finder,
    parameter: (name) => this.#parameters.get(name),
  };

  constructor() {
    super();
    Object.assign(this, ENUMERATIONS, PAGES_CALLBACKS);
  }

  /** Begin to watch devices and where sessions are created. @param {string} [address] the script's */
  start(address = '') {
    this.#finder.loadedFrom(address);
    this.#finder.watch();
    this.#devices.start();
    document.addEventListener('securitypolicyviolation', (event) =>
      this.#tell('security-policy-violation', 'onSecurityPolicyViolation', event));
  }

  /** @param {{mode?: string, codec?: string, role?: string}} [config] */
  createClient(config) {
    return new AgoraRTCClient(this.#world, config);
  }

  checkSystemRequirements() {
    return typeof RTCPeerConnection === 'function' && Boolean(navigator.mediaDevices?.getUserMedia);
  }

  /** @returns {Promise<{video: string[], audio: string[]}>} that both this browser and Mien speak */
  async getSupportedCodec() {
    const all = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
    const names = new Set(all.map(({ mimeType }) => mimeType.split('/')[1].toUpperCase()));
    return { video: ['H264', 'VP8'].filter((name) => names.has(name)), audio: ['OPUS'] };
  }

  /** @param {MicrophoneConfig} [config] @returns {Promise<MicrophoneAudioTrack>} */
  async createMicrophoneAudioTrack(config = {}) {
    const constraints = microphoneConstraints(config);
    const stream = await capture({ audio: constraints });
    this.#devices.compare();
    return this.#microphone(stream, config, constraints);
  }

  /** @param {CameraConfig} [config] @returns {Promise<CameraVideoTrack>} */
  async createCameraVideoTrack(config = {}) {
    const encoding = videoEncoding(config.encoderConfig);
    const stream = await captureCamera(encoding, whichCamera(config.cameraId, config.facingMode));
    this.#devices.compare();
    return this.#camera(stream, config, encoding);
  }

  /** @param {MicrophoneConfig} [audio] @param {CameraConfig} [video]
   * @returns {Promise<[MicrophoneAudioTrack, CameraVideoTrack]>} */
  async createMicrophoneAndCameraTracks(audio = {}, video = {}) {
    const constraints = microphoneConstraints(audio);
    const encoding = videoEncoding(video.encoderConfig);
    const which = whichCamera(video.cameraId, video.facingMode);
    const stream = await captureCamera(encoding, which, constraints);
    this.#devices.compare();
    return [
      this.#microphone(stream, audio, constraints),
      this.#camera(stream, video, encoding),
    ];
  }

  /** @param {{mediaStreamTrack: MediaStreamTrack, encoderConfig?: AudioEncoding | string}} config */
  createCustomAudioTrack({ mediaStreamTrack, encoderConfig }) {
    requireMedia(mediaStreamTrack, 'audio');
    return new LocalAudioTrack(this.#stage, mediaStreamTrack, audioEncoding(encoderConfig));
  }

  /** @param {VideoEncoding & {mediaStreamTrack: MediaStreamTrack, optimizationMode?: string}} config */
  createCustomVideoTrack({ mediaStreamTrack, optimizationMode, ...encoding }) {
    requireMedia(mediaStreamTrack, 'video');
    return new LocalVideoTrack(this.#stage, mediaStreamTrack, encoding, optimizationMode);
  }

  /**
   * @param {{encoderConfig?: VideoEncoding | string, optimizationMode?: string, [option: string]: any}} [config]
   * @param {'enable' | 'disable' | 'auto' | object} [withAudio]
   * @returns {Promise<LocalVideoTrack | [LocalVideoTrack, LocalAudioTrack]>}
   */
  async createScreenVideoTrack(config = {}, withAudio = 'disable') {
    const encoding = screenEncoding(config.encoderConfig);
    const stream = await captureScreen(encoding, config, withAudio !== 'disable');
    const [picture] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (withAudio === 'enable' && !sound) {
      picture.stop();
      throw new AgoraRTCError('SHARE_AUDIO_NOT_ALLOWED', 'the sound of the screen was not shared');
    }
    const mode = config.optimizationMode ?? 'detail';
    const video = new LocalVideoTrack(this.#stage, picture, encoding, mode);
    return sound ? [video, new LocalAudioTrack(this.#stage, sound, {})] : video;
  }

  /** @param {{source: File | string | AudioBuffer, encoderConfig?: AudioEncoding | string}} config */
  async createBufferSourceAudioTrack({ source, encoderConfig }) {
    const buffer = await readSource(this.#stage.desk.context, source);
    return new BufferSourceAudioTrack(this.#stage, source, buffer, audioEncoding(encoderConfig));
  }

  /** @param {boolean} [skipPermissionCheck] */
  getDevices(skipPermissionCheck) {
    return listNamedDevices(undefined, skipPermissionCheck);
  }

  /** @param {boolean} [skipPermissionCheck] */
  getCameras(skipPermissionCheck) {
    return listNamedDevices('videoinput', skipPermissionCheck);
  }

  /** @param {boolean} [skipPermissionCheck] */
  getMicrophones(skipPermissionCheck) {
    return listNamedDevices('audioinput', skipPermissionCheck);
  }

  /** @param {boolean} [skipPermissionCheck] */
  getPlaybackDevices(skipPermissionCheck) {
    return listNamedDevices('audiooutput', skipPermissionCheck);
  }

  /** @param {any} track @param {number} [timeout] ms */
  async checkVideoTrackIsActive(track, timeout = ACTIVE_MS) {
    return pictureMoves(track, timeout);
  }

  /** @param {any} track @param {number} [timeout] ms */
  async checkAudioTrackIsActive(track, timeout = ACTIVE_MS) {
    return soundIsHeard(track, timeout);
  }

  /** MIEN_SERVER names the server; MIEN_OWN_VOICE "play" plays what comes back while a microphone
   * is sent; AUDIO_VOLUME_INDICATION_INTERVAL is in ms. Others are kept and change nothing.
   * @param {string} name @param {any} value */
  setParameter(name, value) {
    this.#parameters.set(name, value);
    if (name === 'MIEN_SERVER') this.#finder.named = String(value ?? '');
  }

  /** @param {string} name */
  getParameter(name) {
    return this.#parameters.get(name);
  }

  resumeAudioContext() {
    this.#stage.desk.resume();
    this.#stage.autoplay.resume();
  }

  /** @param {MediaStream} stream @param {MicrophoneConfig} config
   * @param {MediaTrackConstraints} constraints */
  #microphone(stream, { encoderConfig }, constraints) {
    const [media] = stream.getAudioTracks();
    return new MicrophoneAudioTrack(this.#stage, media, audioEncoding(encoderConfig), constraints);
  }

  /** @param {MediaStream} stream @param {CameraConfig} config @param {VideoEncoding} encoding */
  #camera(stream, config, encoding) {
    const [media] = stream.getVideoTracks();
    return new CameraVideoTrack(this.#stage, media, encoding, config);
  }

  #autoplayFailed() {
    const page = /** @type {any} */ (this);
    page.onAudioAutoplayFailed?.();
    this.#tell('autoplay-failed', 'onAutoplayFailed');
  }

  /** @param {import('./devices.js').DeviceInfo} info */
  #deviceChanged(info) {
    const [event, callback] = DEVICE_EVENTS[info.device.kind];
    this.#tell(event, callback, info);
  }

  /** @param {string} event @param {string} callback that the page may have set @param {...any} values */
  #tell(event, callback, ...values) {
    try {
      /** @type {any} */ (this)[callback]?.(...values);
    } catch (error) {
      console.error(error);
    }
    this.emit(event, ...values);
  }
}

/** @param {MicrophoneConfig} config @returns {MediaTrackConstraints} */
function microphoneConstraints({ encoderConfig, microphoneId, ...processing }) {
  const constraints = audioConstraints(audioEncoding(encoderConfig), processing);
  return microphoneId ? { ...constraints, deviceId: { exact: microphoneId } } : constraints;
}

/** @param {any} media @param {string} kind */
function requireMedia(media, kind) {
  // Not by its class: a frame's tracks have another.
  const fits = media?.kind === kind && typeof media.getSettings === 'function';
  requireParameter(fits, `mediaStreamTrack is not a MediaStreamTrack of ${kind}`);
}
