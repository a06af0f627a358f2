// @ts-check
/** The SDK's entry object. */

import { AgoraRTCClient } from './client.js';
import { capture, captureCamera, DeviceWatch, listNamedDevices, mediaDevices } from './devices.js';
import { audioConstraints, audioEncoding, screenEncoding, videoConstraints, videoEncoding } from './encoding.js';
import { EventEmitter } from './emitter.js';
import { AgoraRTCError, mediaError, notSupported, requireParameter } from './errors.js';
import {
  CameraVideoTrack,
  LocalAudioTrack,
  LocalVideoTrack,
  MicrophoneAudioTrack,
  whichCamera,
} from './localtrack.js';
import { Autoplay } from './playback.js';
import { ServerFinder } from './server.js';
import { SoundDesk } from './sound.js';

/** The version of the SDK whose surface this is. */
const SDK_VERSION = '4.24.8';
const ACTIVE_MS = 5000;
const LOOK_MS = 200;

/** @type {Readonly<Record<string, [string, string]>>} a kind of device to an event and a callback */
const DEVICE_EVENTS = Object.freeze({
  videoinput: ['camera-changed', 'onCameraChanged'],
  audioinput: ['microphone-changed', 'onMicrophoneChanged'],
  audiooutput: ['playback-device-changed', 'onPlaybackDeviceChanged'],
});

/**
 * @typedef {object} World what clients share
 * @property {import('./track.js').Stage} stage
 * @property {ServerFinder} finder
 * @property {() => boolean} playsOwnVoice
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

export class AgoraRTCEntry extends EventEmitter {
  VERSION = SDK_VERSION;
  AgoraRTCError = AgoraRTCError;
  #finder = new ServerFinder();
  /** @type {Map<string, any>} */
  #parameters = new Map();
  #stage = {
    autoplay: new Autoplay(() => this.#autoplayFailed()),
    desk: new SoundDesk((now, before) => this.#tell('audio-context-state-changed', 'onAudioContextStateChanged', now, before)),
  };
  #devices = new DeviceWatch((info) => this.#deviceChanged(info));
  /** @type {World} */
  #world = {
    stage: this.#stage,
    finder: this.#finder,
    playsOwnVoice: () => this.#parameters.get('MIEN_OWN_VOICE') === 'play',
  };

  /** Begin to watch devices and where sessions are created. @param {string} [address] the script's */
  start(address = '') {
    this.#finder.loadedFrom(address);
    this.#finder.watch();
    this.#devices.start();
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

  async createBufferSourceAudioTrack() {
    throw notSupported('createBufferSourceAudioTrack');
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

  async getElectronScreenSources() {
    throw notSupported('getElectronScreenSources');
  }

  /** Whether the picture changes. @param {any} track @param {number} [timeout] ms */
  async checkVideoTrackIsActive(track, timeout = ACTIVE_MS) {
    const media = track.getMediaStreamTrack();
    if (media.readyState !== 'live' || !media.enabled) return false;
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([media]) });
    await video.play().catch(() => {});
    const first = await look(video);
    for (const until = performance.now() + timeout; performance.now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if ((await look(video)) !== first) return true;
    }
    return false;
  }

  /** Whether there is sound. @param {any} track @param {number} [timeout] ms */
  async checkAudioTrackIsActive(track, timeout = ACTIVE_MS) {
    for (const until = performance.now() + timeout; performance.now() < until; ) {
      if (track.getVolumeLevel() > 0) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  }

  /** MIEN_SERVER names the server; MIEN_OWN_VOICE "play" plays what comes back while a microphone
   * is sent. Parameters of the cloud are kept and change nothing.
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

  async preload() {}

  /** @returns {Promise<{state: 'unavailable'}>} */
  async startLastmileProbeTest() {
    return { state: 'unavailable' };
  }

  createChannelMediaRelayConfiguration() {
    throw notSupported('channel media relay');
  }

  registerExtensions() {
    console.warn('AgoraRTC: processing extensions are not available on this server');
  }

  use() {
    return this;
  }

  setLogLevel() {}

  enableLogUpload() {} // nothing is ever sent to anybody else

  disableLogUpload() {}

  setArea() {}

  setAppType() {}

  processExternalMediaAEC() {}

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
  const fits = media instanceof MediaStreamTrack && media.kind === kind;
  requireParameter(fits, `mediaStreamTrack is not a MediaStreamTrack of ${kind}`);
}

/** @param {VideoEncoding} encoding @param {{[option: string]: any}} config @param {boolean} audio */
async function captureScreen(encoding, config, audio) {
  const { displaySurface, selfBrowserSurface, surfaceSwitching, systemAudio, preferCurrentTab } = config;
  const video = { ...videoConstraints(encoding), displaySurface };
  const options = { video, audio, selfBrowserSurface, surfaceSwitching, systemAudio, preferCurrentTab };
  try {
    return await mediaDevices().getDisplayMedia(/** @type {any} */ (options));
  } catch (error) {
    throw mediaError(error);
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<string>} a small picture, as text */
async function look(video) {
  const canvas = new OffscreenCanvas(32, 24);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
}
