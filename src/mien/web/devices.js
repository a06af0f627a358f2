// @ts-check
/** Camera and microphone: which there are, which is chosen, and opening them. */

import { DEVICES } from './messages.js';

const NO_MICROPHONE = 'none';
const REMEMBERED = 'mien.devices';
export const FRAME_RATE = 24;

/** @typedef {{camera: string, microphone: string}} Choice device ids; '' is the default one */

/** Keeps the two choosers filled. Dispatches 'camera' and 'microphone' when one is changed. */
export class DeviceChoosers extends EventTarget {
  #camera;
  #microphone;

  /** @param {HTMLSelectElement} camera @param {HTMLSelectElement} microphone */
  constructor(camera, microphone) {
    super();
    this.#camera = camera;
    this.#microphone = microphone;
    camera.addEventListener('change', () => this.#changed('camera'));
    microphone.addEventListener('change', () => this.#changed('microphone'));
    navigator.mediaDevices?.addEventListener('devicechange', () => this.refresh());
  }

  /** @returns {Choice} */
  get choice() {
    return { camera: this.#camera.value, microphone: this.#microphone.value };
  }

  /** Ask the browser again; names appear only once the camera has been allowed. */
  async refresh() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const saved = remembered();
    const cameras = devices.filter((d) => d.kind === 'videoinput' && d.deviceId);
    const microphones = devices.filter((d) => d.kind === 'audioinput' && d.deviceId);
    fill(this.#camera, [['', DEVICES.anyCamera], ...named(cameras, DEVICES.camera)], saved.camera);
    fill(
      this.#microphone,
      [
        ['', DEVICES.anyMicrophone],
        ...named(microphones, DEVICES.microphone),
        [NO_MICROPHONE, DEVICES.noMicrophone],
      ],
      saved.microphone,
    );
  }

  /** @param {'camera' | 'microphone'} which */
  #changed(which) {
    localStorage.setItem(REMEMBERED, JSON.stringify(this.choice));
    this.dispatchEvent(new Event(which));
  }
}

/**
 * Open camera and microphone. A missing microphone is done without; a missing camera throws what
 * the browser throws, or kind 'insecure' where it offers no camera at all.
 * @param {Choice} choice @param {{width: number, height: number}} size
 * @returns {Promise<MediaStream>}
 */
export async function openDevices(choice, size) {
  if (!navigator.mediaDevices) throw Object.assign(new Error('no devices'), { kind: 'insecure' });
  const video = videoWish(choice.camera, size);
  if (choice.microphone === NO_MICROPHONE) return navigator.mediaDevices.getUserMedia({ video });
  const audio = choice.microphone ? { deviceId: { exact: choice.microphone } } : true;
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio });
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'OverconstrainedError') {
      return openDevices({ camera: '', microphone: '' }, size);
    }
    if (/** @type {Error} */ (error).name !== 'NotFoundError') throw error;
    return navigator.mediaDevices.getUserMedia({ video });
  }
}

/** @param {string} camera @param {{width: number, height: number}} size */
function videoWish(camera, { width, height }) {
  return {
    ...(camera ? { deviceId: { exact: camera } } : {}),
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: FRAME_RATE, max: 30 },
  };
}

/** @param {MediaDeviceInfo[]} devices @param {(number: number) => string} nameless */
function named(devices, nameless) {
  return devices.map((d, i) => /** @type {[string, string]} */ ([d.deviceId, d.label || nameless(i + 1)]));
}

/** @param {HTMLSelectElement} select @param {[string, string][]} options @param {string} [saved] */
function fill(select, options, saved = '') {
  const wanted = options.some(([id]) => id === saved) ? saved : '';
  select.replaceChildren(...options.map(([id, text]) => new Option(text, id, false, id === wanted)));
}

/** @returns {Partial<Choice>} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? '{}');
  } catch {
    return {};
  }
}
