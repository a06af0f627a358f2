// @ts-check
/** Cameras, microphones and screens: asked for, listed, watched. */

import { AgoraRTCError, mediaError } from './errors.js';
import { softConstraints, videoConstraints } from './encoding.js';

/** @typedef {'videoinput' | 'audioinput' | 'audiooutput'} DeviceKind */

/** @returns {MediaDevices} */
export function mediaDevices() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new AgoraRTCError(
      'NOT_SUPPORTED',
      'browsers give cameras and microphones only to https pages and to localhost',
    );
  }
  return navigator.mediaDevices;
}

/** @param {MediaStreamConstraints} constraints @returns {Promise<MediaStream>} */
export async function capture(constraints) {
  const devices = mediaDevices();
  try {
    return await devices.getUserMedia(constraints);
  } catch (error) {
    throw mediaError(error);
  }
}

/**
 * A camera that can't keep the bounds that were asked for gives what it has: the stream is more
 * than the numbers.
 * @param {import('./encoding.js').VideoEncoding} encoding @param {MediaTrackConstraints} which
 * @param {MediaTrackConstraints} [audio] asked for at the same time @returns {Promise<MediaStream>}
 */
export async function captureCamera(encoding, which, audio) {
  try {
    return await capture({ audio, video: { ...videoConstraints(encoding), ...which } });
  } catch (error) {
    if (/** @type {AgoraRTCError} */ (error).code !== 'MEDIA_OPTION_INVALID') throw error;
    return capture({ audio, video: { ...softConstraints(encoding), ...which } });
  }
}

/** @param {import('./encoding.js').VideoEncoding} encoding @param {{[option: string]: any}} config @param {boolean} audio */
export async function captureScreen(encoding, config, audio) {
  const { displaySurface, selfBrowserSurface, surfaceSwitching, systemAudio, preferCurrentTab } = config;
  const video = { ...videoConstraints(encoding), displaySurface };
  const options = { video, audio, selfBrowserSurface, surfaceSwitching, systemAudio, preferCurrentTab };
  try {
    return await mediaDevices().getDisplayMedia(/** @type {any} */ (options));
  } catch (error) {
    throw mediaError(error);
  }
}

/** @param {DeviceKind} [kind] every kind when missing @returns {Promise<MediaDeviceInfo[]>} */
export async function listDevices(kind) {
  const devices = mediaDevices();
  try {
    const all = await devices.enumerateDevices();
    return all.filter((device) => !kind || device.kind === kind);
  } catch (error) {
    throw new AgoraRTCError('ENUMERATE_DEVICES_FAILED', String(error));
  }
}

/**
 * The devices with their names; browsers hide these until camera or microphone was allowed once.
 * @param {DeviceKind | undefined} kind @param {boolean} [skipPermissionCheck]
 */
export async function listNamedDevices(kind, skipPermissionCheck = false) {
  const found = await listDevices(kind);
  const hidden = found.filter((device) => !device.label).map((device) => device.kind);
  if (skipPermissionCheck || hidden.length === 0) return found;
  const video = hidden.includes('videoinput');
  const audio = hidden.some((one) => one !== 'videoinput');
  const stream = await capture({ video, audio });
  const named = await listDevices(kind);
  for (const track of stream.getTracks()) track.stop();
  return named;
}

/** @param {DeviceKind} kind @param {string} deviceId @returns {Promise<void>} */
export async function requireDevice(kind, deviceId) {
  const found = await listDevices(kind);
  if (found.some((device) => device.deviceId === deviceId)) return;
  throw new AgoraRTCError('DEVICE_NOT_FOUND', `there is no ${kind} ${deviceId}`);
}

/**
 * @typedef {object} DeviceInfo
 * @property {number} initAt milliseconds since the epoch
 * @property {number} updateAt milliseconds since the epoch
 * @property {'ACTIVE' | 'INACTIVE'} state
 * @property {MediaDeviceInfo} device
 */

/** Tells which devices come and go, once the page may know them. */
export class DeviceWatch {
  #report;
  /** @type {Map<string, DeviceInfo> | null} */
  #known = null;

  /** @param {(info: DeviceInfo) => void} report */
  constructor(report) {
    this.#report = report;
  }

  start() {
    const devices = globalThis.navigator?.mediaDevices;
    devices?.addEventListener?.('devicechange', () => this.compare());
    return this.compare();
  }

  /** Compare the devices with those that were there before. */
  async compare() {
    const listed = await globalThis.navigator?.mediaDevices?.enumerateDevices?.().catch(() => []);
    const named = (listed ?? []).filter((device) => device.deviceId && device.label);
    if (named.length === 0 && !this.#known) return;
    const before = this.#known;
    this.#known = before ?? new Map();
    for (const device of named) this.#arrived(device, before !== null);
    const present = new Set(named.map(keyOf));
    for (const [key, info] of this.#known) if (!present.has(key)) this.#left(info);
  }

  /** @param {MediaDeviceInfo} device @param {boolean} tell */
  #arrived(device, tell) {
    const known = /** @type {Map<string, DeviceInfo>} */ (this.#known);
    const info = known.get(keyOf(device));
    if (info?.state === 'ACTIVE') return;
    const now = Date.now();
    /** @type {DeviceInfo} */
    const fresh = { initAt: info?.initAt ?? now, updateAt: now, state: 'ACTIVE', device };
    known.set(keyOf(device), fresh);
    if (tell) this.#report(fresh);
  }

  /** @param {DeviceInfo} info */
  #left(info) {
    if (info.state === 'INACTIVE') return;
    Object.assign(info, { state: 'INACTIVE', updateAt: Date.now() });
    this.#report(info);
  }
}

/** @param {MediaDeviceInfo} device */
function keyOf(device) {
  return `${device.kind} ${device.deviceId}`;
}
