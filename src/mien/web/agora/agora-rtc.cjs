// AgoraRTC on a Mien server, for script tags and require(). Made by scripts/bundle-agora from the
// modules beside it: change those.
(function (scope) {
'use strict';

// ---- errors.js
/** What can go wrong, told with the codes of the Agora Web SDK. */

/** The SDK's error: `code` is what programs look at. */
class AgoraRTCError extends Error {
  /** @param {string} code @param {string} [message] @param {unknown} [data] */
  constructor(code, message = '', data) {
    super(`AgoraRTCError ${code}: ${message}`);
    this.name = 'AgoraRTCException';
    this.code = code;
    this.data = data;
  }

  toString() {
    return this.data ? `${this.message}\ndata: ${JSON.stringify(this.data)}` : this.message;
  }

  /** @param {'error' | 'warning'} [level] @returns {this} */
  print(level = 'error') {
    (level === 'error' ? console.error : console.warn)(this.toString());
    return this;
  }

  /** @returns {never} */
  throw() {
    this.print();
    throw this;
  }
}

/** @type {Readonly<Record<string, string>>} the name of a getUserMedia failure to a code */
const MEDIA_CODES = Object.freeze({
  NotAllowedError: 'PERMISSION_DENIED',
  InvalidStateError: 'PERMISSION_DENIED',
  NotFoundError: 'DEVICE_NOT_FOUND',
  NotReadableError: 'NOT_READABLE',
  AbortError: 'NOT_READABLE',
  OverconstrainedError: 'MEDIA_OPTION_INVALID',
  TypeError: 'MEDIA_OPTION_INVALID',
  SecurityError: 'WEB_SECURITY_RESTRICT',
  NotSupportedError: 'NOT_SUPPORTED',
});

/** @param {any} error of getUserMedia or getDisplayMedia @returns {AgoraRTCError} */
function mediaError(error) {
  const unplugged = error?.name === 'OverconstrainedError' && error.constraint === 'deviceId';
  const code = unplugged ? 'DEVICE_NOT_FOUND' : (MEDIA_CODES[error?.name] ?? 'UNEXPECTED_ERROR');
  return new AgoraRTCError(code, `${error?.name}: ${error?.message || error?.constraint || ''}`);
}

/** @param {string} what @returns {AgoraRTCError} */
function notSupported(what) {
  return new AgoraRTCError('NOT_SUPPORTED', `${what} is not available on this server`);
}

/** @param {boolean} fine @param {string} message @returns {void} */
function requireParameter(fine, message) {
  if (!fine) throw new AgoraRTCError('INVALID_PARAMS', message);
}

// ---- activity.js
/** Whether a track is more than silence or one still picture. */


const LOOK_MS = 200;

/** Whether the picture changes. @param {any} track @param {number} timeout ms */
async function pictureMoves(track, timeout) {
  if (track?.trackMediaType !== 'video') throw noTrack('video');
  const media = track.getMediaStreamTrack();
  if (media.readyState !== 'live' || !media.enabled) return false;
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([media]) });
  await video.play().catch(() => {});
  const first = look(video);
  return await within(timeout, () => look(video) !== first);
}

/** Whether there is sound. @param {any} track @param {number} timeout ms */
function soundIsHeard(track, timeout) {
  if (track?.trackMediaType !== 'audio') throw noTrack('audio');
  return within(timeout, () => track.getVolumeLevel() > 0);
}

/** @param {number} timeout ms @param {() => boolean} happens @returns {Promise<boolean>} */
async function within(timeout, happens) {
  for (const until = performance.now() + timeout; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (happens()) return true;
  }
  return false;
}

/** @param {string} kind */
function noTrack(kind) {
  return new AgoraRTCError('INVALID_TRACK', `the parameter is not a ${kind} track`);
}

/** @param {HTMLVideoElement} video @returns {string} a small picture, as text */
function look(video) {
  const canvas = new OffscreenCanvas(32, 24);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
}

// ---- encoding.js
/** Encoder settings: the SDK's presets, and what a browser is asked for. */


/**
 * @typedef {number | {min?: number, max?: number, ideal?: number, exact?: number}} Wish
 * @typedef {object} VideoEncoding
 * @property {Wish} [width] pixels
 * @property {Wish} [height] pixels
 * @property {Wish} [frameRate] frames a second
 * @property {number} [bitrateMin] kbit/s
 * @property {number} [bitrateMax] kbit/s
 * @property {number} [scaleResolutionDownBy]
 *
 * @typedef {object} AudioEncoding
 * @property {number} [sampleRate] Hz
 * @property {number} [sampleSize] bits
 * @property {boolean} [stereo]
 * @property {number} [bitrate] kbit/s
 */

/** Width, height, frames a second and kbit/s at most, as Agora documents its profiles. */
const VIDEO_PRESETS = Object.freeze({
  '90p': [160, 90, 15, 65], '90p_1': [160, 90, 15, 65],
  '120p': [160, 120, 15, 65], '120p_1': [160, 120, 15, 65], '120p_3': [120, 120, 15, 50],
  '120p_4': [212, 120, 15, 50],
  '180p': [320, 180, 15, 140], '180p_1': [320, 180, 15, 140], '180p_3': [180, 180, 15, 100],
  '180p_4': [240, 180, 15, 120],
  '240p': [320, 240, 15, 200], '240p_1': [320, 240, 15, 200], '240p_3': [240, 240, 15, 140],
  '240p_4': [424, 240, 15, 220],
  '360p': [640, 360, 15, 400], '360p_1': [640, 360, 15, 400], '360p_3': [360, 360, 15, 260],
  '360p_4': [640, 360, 30, 600], '360p_6': [360, 360, 30, 400], '360p_7': [480, 360, 15, 320],
  '360p_8': [480, 360, 30, 490], '360p_9': [640, 360, 15, 800], '360p_10': [640, 360, 24, 800],
  '360p_11': [640, 360, 24, 1000],
  '480p': [640, 480, 15, 500], '480p_1': [640, 480, 15, 500], '480p_2': [640, 480, 30, 1000],
  '480p_3': [480, 480, 15, 400], '480p_4': [640, 480, 30, 750], '480p_6': [480, 480, 30, 600],
  '480p_8': [848, 480, 15, 610], '480p_9': [848, 480, 30, 930], '480p_10': [640, 480, 10, 400],
  '720p': [1280, 720, 15, 1130], '720p_auto': [1280, 720, 30, 3000],
  '720p_1': [1280, 720, 15, 1130], '720p_2': [1280, 720, 30, 2000],
  '720p_3': [1280, 720, 30, 1710], '720p_5': [960, 720, 15, 910], '720p_6': [960, 720, 30, 1380],
  '1080p': [1920, 1080, 15, 2080], '1080p_1': [1920, 1080, 15, 2080],
  '1080p_2': [1920, 1080, 30, 3000], '1080p_3': [1920, 1080, 30, 3150],
  '1080p_5': [1920, 1080, 60, 4780],
  '1440p': [2560, 1440, 30, 4850], '1440p_1': [2560, 1440, 30, 4850],
  '1440p_2': [2560, 1440, 60, 7350],
  '4k': [3840, 2160, 30, 8910], '4k_1': [3840, 2160, 30, 8910], '4k_3': [3840, 2160, 60, 13500],
});
const DEFAULT_VIDEO = '480p_1';

/** Sharing a screen: at most that large, few frames, and no bound on the bit rate. */
const SCREEN_PRESETS = Object.freeze({
  '480p': [640, 480, 5], '480p_1': [640, 480, 5], '480p_2': [640, 480, 30],
  '480p_3': [640, 480, 15],
  '720p': [1280, 720, 5], '720p_auto': [1280, 720, 30, 3000], '720p_1': [1280, 720, 5],
  '720p_2': [1280, 720, 30], '720p_3': [1280, 720, 15],
  '1080p': [1920, 1080, 5], '1080p_1': [1920, 1080, 5], '1080p_2': [1920, 1080, 30],
  '1080p_3': [1920, 1080, 15],
});
const DEFAULT_SCREEN = '1080p_1';

/** @type {Readonly<Record<string, AudioEncoding>>} */
const AUDIO_PRESETS = Object.freeze({
  speech_low_quality: { sampleRate: 16000, stereo: false },
  speech_standard: { sampleRate: 32000, stereo: false, bitrate: 18 },
  music_standard: { sampleRate: 48000, stereo: false },
  standard_stereo: { sampleRate: 48000, stereo: true, bitrate: 56 },
  high_quality: { sampleRate: 48000, stereo: false, bitrate: 128 },
  high_quality_stereo: { sampleRate: 48000, stereo: true, bitrate: 192 },
});

/** @param {VideoEncoding | string} [wanted] @returns {VideoEncoding} */
function videoEncoding(wanted = DEFAULT_VIDEO) {
  return typeof wanted === 'string' ? fromPreset(VIDEO_PRESETS, wanted) : { ...wanted };
}

/** @param {VideoEncoding | string} [wanted] @returns {VideoEncoding} */
function screenEncoding(wanted = DEFAULT_SCREEN) {
  if (typeof wanted !== 'string') return { ...wanted };
  const { width, height, ...rest } = fromPreset(SCREEN_PRESETS, wanted);
  if (!width) return rest;
  return { width: { max: Number(width) }, height: { max: Number(height) }, ...rest };
}

/** @param {AudioEncoding | string} [wanted] @returns {AudioEncoding} */
function audioEncoding(wanted) {
  if (typeof wanted !== 'string') return { ...wanted };
  warnOfUnknown(AUDIO_PRESETS, wanted);
  return { ...AUDIO_PRESETS[wanted] };
}

/** @param {object} presets @param {string} name @returns {VideoEncoding} */
function fromPreset(presets, name) {
  const known = /** @type {Record<string, number[]>} */ (presets);
  warnOfUnknown(presets, name);
  const [width, height, frameRate, bitrateMax] = known[name] ?? [];
  return { width, height, frameRate, bitrateMax };
}

/** The SDK takes any name, and lets the device choose. @param {object} presets @param {string} name */
function warnOfUnknown(presets, name) {
  if (!(name in presets)) console.warn(`AgoraRTC: there is no encoderConfig "${name}"`);
}

/** What getUserMedia is asked for. A plain number is a wish; bounds are bounds.
 * @param {VideoEncoding} encoding @returns {MediaTrackConstraints} */
function videoConstraints({ width, height, frameRate }) {
  return { width: constrain(width), height: constrain(height), frameRate: constrain(frameRate) };
}

/** The same without bounds, for a camera that can't keep them.
 * @param {VideoEncoding} encoding @returns {MediaTrackConstraints} */
function softConstraints({ width, height, frameRate }) {
  const soft = (/** @type {Wish | undefined} */ wish) => constrain(wanted(wish));
  return { width: soft(width), height: soft(height), frameRate: soft(frameRate) };
}

/**
 * @param {AudioEncoding} encoding
 * @param {{AEC?: boolean, ANS?: boolean, AGC?: boolean}} processing all on by default
 * @returns {MediaTrackConstraints}
 */
function audioConstraints({ sampleRate, sampleSize, stereo }, { AEC, ANS, AGC }) {
  return {
    echoCancellation: AEC ?? true,
    noiseSuppression: ANS ?? true,
    autoGainControl: AGC ?? true,
    sampleRate,
    sampleSize,
    channelCount: stereo ? 2 : undefined,
  };
}

/** @param {Wish} [wish] @returns {number | undefined} the one number that is meant */
function wanted(wish) {
  if (typeof wish !== 'object' || wish === null) return wish;
  return wish.exact ?? wish.ideal ?? wish.max ?? wish.min;
}

/** @param {Wish} [wish] @returns {ConstrainULong | undefined} */
function constrain(wish) {
  return typeof wish === 'number' ? { ideal: wish } : wish;
}

// ---- devices.js
/** Cameras, microphones and screens: asked for, listed, watched. */


/** @typedef {'videoinput' | 'audioinput' | 'audiooutput'} DeviceKind */

/** @returns {MediaDevices} */
function mediaDevices() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new AgoraRTCError(
      'NOT_SUPPORTED',
      'browsers give cameras and microphones only to https pages and to localhost',
    );
  }
  return navigator.mediaDevices;
}

/** @param {MediaStreamConstraints} constraints @returns {Promise<MediaStream>} */
async function capture(constraints) {
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
async function captureCamera(encoding, which, audio) {
  try {
    return await capture({ audio, video: { ...videoConstraints(encoding), ...which } });
  } catch (error) {
    if (/** @type {AgoraRTCError} */ (error).code !== 'MEDIA_OPTION_INVALID') throw error;
    return capture({ audio, video: { ...softConstraints(encoding), ...which } });
  }
}

/** @param {import('./encoding.js').VideoEncoding} encoding @param {{[option: string]: any}} config @param {boolean} audio */
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

/** @param {DeviceKind} [kind] every kind when missing @returns {Promise<MediaDeviceInfo[]>} */
async function listDevices(kind) {
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
async function listNamedDevices(kind, skipPermissionCheck = false) {
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
async function requireDevice(kind, deviceId) {
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
class DeviceWatch {
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

// ---- itself.js
/** Objects that also work through a Proxy. */

/**
 * Vue and others hand a page's objects out behind a Proxy, which has none of their private fields.
 * So every method and accessor of the classes is given the object itself, whoever asks.
 * @param {object} object whose constructor has just begun
 */
function knowItself(object) {
  let level = Object.getPrototypeOf(object);
  for (; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor' || Object.hasOwn(object, name)) continue;
      Object.defineProperty(object, name, bound(object, member));
    }
  }
}

/** The object behind a Proxy, where it is one of ours.
 * @param {any} thing @returns {any} */
function withoutProxy(thing) {
  return thing?.itself?.() ?? thing;
}

/** @param {object} object @param {PropertyDescriptor} member @returns {PropertyDescriptor} */
function bound(object, { value, get, set }) {
  const shared = { configurable: true, enumerable: false };
  if (!get && !set) return { ...shared, writable: true, value: value.bind(object) };
  return { ...shared, get: get?.bind(object), set: set?.bind(object) };
}

// ---- emitter.js
/** Events by name, as the SDK has them. */


class EventEmitter {
  /** @type {Map<string, {listener: Function, once: boolean}[]>} */
  #listeners = new Map();

  constructor() {
    knowItself(this);
  }

  /** A method's result comes through a Proxy as it is. @returns {this} */
  itself() {
    return this;
  }

  /** @param {string} event @returns {Function[]} */
  getListeners(event) {
    return this.#of(event).map(({ listener }) => listener);
  }

  /** @param {string} event @param {Function} listener */
  on(event, listener) {
    this.#add(event, listener, false);
  }

  /** @param {string} event @param {Function} listener */
  addListener(event, listener) {
    this.#add(event, listener, false);
  }

  /** @param {string} event @param {Function} listener */
  once(event, listener) {
    this.#add(event, listener, true);
  }

  /** @param {string} event @param {Function} listener */
  off(event, listener) {
    this.#listeners.set(event, this.#of(event).filter((kept) => kept.listener !== listener));
  }

  /** @param {string} [event] all events when missing */
  removeAllListeners(event) {
    if (event) this.#listeners.delete(event);
    else this.#listeners.clear();
  }

  /** A listener that throws must not stop the client. @param {string} event @param {...any} values */
  emit(event, ...values) {
    for (const { listener, once } of [...this.#of(event)]) {
      if (once) this.off(event, listener);
      try {
        listener.apply(this, values);
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** @param {string} event */
  #of(event) {
    return this.#listeners.get(event) ?? [];
  }

  /** @param {string} event @param {Function} listener @param {boolean} once */
  #add(event, listener, once) {
    const kept = this.#of(event);
    if (kept.some((known) => known.listener === listener)) return;
    this.#listeners.set(event, [...kept, { listener, once }]);
  }
}

// ---- label.js
/** The visible label over a playing picture, where the operator's policy leaves it to the page. */

/** As the server burns it in: shares of the picture's short side, and capitals of a font's size. */
const CAPITAL = 0.05;
const MARGIN = 0.025;
const CAPITAL_OF_FONT = 0.7;
const LEAST_FONT_PX = 11.5;
const WIDEST_BADGE = 0.5;
const CARD_AT = 0.8;
const LOOK =
  'position:absolute;box-sizing:border-box;pointer-events:none;z-index:2147483647;margin:0;' +
  'background:#101010;color:#fff;border:solid #fff;text-align:center;text-wrap:balance;line-height:1.2;' +
  'font-family:DejaVu Sans,Verdana,sans-serif;font-weight:700;font-style:normal;';

/**
 * @typedef {object} LabelWords
 * @property {string} badge @property {string} short where the badge has no room
 * @property {string} card @property {number} card_s seconds that the card is shown
 */

/** `onDrawn` hears whether whoever watches the video sees the label. */
class DrawnLabel {
  #video;
  #words;
  #onDrawn;
  #badge;
  #card;
  #watch = new AbortController();
  #sizes = new ResizeObserver(() => this.#lay());
  #drawn = false;

  /** @param {HTMLVideoElement} video @param {LabelWords} words @param {(drawn: boolean) => void} onDrawn */
  constructor(video, words, onDrawn = () => {}) {
    this.#video = video;
    this.#words = words;
    this.#onDrawn = onDrawn;
    this.#badge = this.#plate('badge');
    this.#card = this.#plate('card');
    this.#card.textContent = words.card;
    const begin = () => setTimeout(() => this.#card.remove(), words.card_s * 1000);
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) begin();
    else video.addEventListener('loadeddata', begin, { once: true });
    this.#sizes.observe(video);
    const { signal } = this.#watch;
    for (const name of ['resize', 'enterpictureinpicture', 'leavepictureinpicture']) {
      video.addEventListener(name, () => this.#lay(), { signal });
    }
    video.ownerDocument.addEventListener('fullscreenchange', () => this.#lay(), { signal });
    this.#lay();
  }

  remove() {
    this.#watch.abort();
    this.#sizes.disconnect();
    this.#badge.remove();
    this.#card.remove();
    this.#tell(false);
  }

  /** @param {string} name */
  #plate(name) {
    const plate = this.#video.ownerDocument.createElement('div');
    plate.dataset.mienLabel = name;
    plate.style.cssText = LOOK;
    const place = /** @type {HTMLElement} */ (this.#video.parentElement);
    if (getComputedStyle(place).position === 'static') place.style.position = 'relative';
    this.#video.after(plate);
    return plate;
  }

  #lay() {
    const { left, top, width, height } = shown(this.#video);
    const short = Math.min(width, height);
    const font = Math.max((CAPITAL / CAPITAL_OF_FONT) * short, LEAST_FONT_PX);
    for (const plate of [this.#badge, this.#card]) {
      plate.style.fontSize = `${font}px`;
      plate.style.borderWidth = `${Math.max(1, font / 16)}px`;
      plate.style.padding = `${font / 4}px ${font / 2}px`;
    }
    this.#badge.style.whiteSpace = 'nowrap';
    this.#badge.textContent = this.#words.badge;
    if (this.#badge.offsetWidth > WIDEST_BADGE * width) this.#badge.textContent = this.#words.short;
    this.#badge.style.top = `${top + MARGIN * short}px`;
    this.#badge.style.left = `${left + width - MARGIN * short - this.#badge.offsetWidth}px`;
    Object.assign(this.#card.style, { left: `${left}px`, width: `${width}px` });
    this.#card.style.top = `${top + CARD_AT * height - this.#card.offsetHeight / 2}px`;
    this.#tell(short > 0 && this.#video.isConnected && !this.#isAlone());
  }

  /** Nothing can be laid over a video that the browser shows by itself. */
  #isAlone() {
    const { fullscreenElement, pictureInPictureElement } = this.#video.ownerDocument;
    return [fullscreenElement, pictureInPictureElement].includes(this.#video);
  }

  /** @param {boolean} drawn */
  #tell(drawn) {
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#onDrawn(drawn);
  }
}

/** Where the picture is seen, within the video's parent, CSS pixels.
 * @param {HTMLVideoElement} video */
function shown(video) {
  const { offsetLeft, offsetTop, offsetWidth, offsetHeight, videoWidth, videoHeight } = video;
  const fit = getComputedStyle(video).objectFit;
  let [width, height] = [offsetWidth, offsetHeight];
  if (videoWidth && ['contain', 'scale-down', 'none'].includes(fit)) {
    const scale = Math.min(offsetWidth / videoWidth, offsetHeight / videoHeight);
    [width, height] = [videoWidth * scale, videoHeight * scale];
  }
  const left = offsetLeft + (offsetWidth - width) / 2;
  return { left, top: offsetTop + (offsetHeight - height) / 2, width, height };
}

// ---- playback.js
/** Media elements: pictures inside an element of the page, sound beside it. */


const GESTURES = ['pointerup', 'keydown', 'touchend'];

/**
 * @typedef {object} VideoPlayerConfig
 * @property {'cover' | 'contain' | 'fill'} [fit]
 * @property {boolean} [mirror]
 * @property {boolean} [noStyle] leave fit and mirror to the page
 */

/** Starts elements, and those that the browser held back again at the next gesture. */
class Autoplay {
  #onFailed;
  /** @type {Set<HTMLMediaElement>} */
  #held = new Set();
  #armed = false;

  /** @param {() => void} onFailed */
  constructor(onFailed) {
    this.#onFailed = onFailed;
  }

  /** @param {HTMLMediaElement} element */
  async start(element) {
    try {
      await element.play();
    } catch (error) {
      // Anything else means that the element was stopped or given another source meanwhile.
      if (/** @type {Error} */ (error).name === 'NotAllowedError') this.#hold(element);
    }
  }

  /** @param {HTMLMediaElement} element */
  forget(element) {
    this.#held.delete(element);
  }

  /** Try again everything that was held back. */
  resume() {
    const held = [...this.#held];
    this.#held.clear();
    for (const element of held) this.start(element);
  }

  /** @param {HTMLMediaElement} element */
  #hold(element) {
    this.#held.add(element);
    this.#arm();
    this.#onFailed();
  }

  #arm() {
    if (this.#armed) return;
    this.#armed = true;
    const resume = () => {
      for (const name of GESTURES) document.removeEventListener(name, resume, true);
      this.#armed = false;
      this.resume();
    };
    for (const name of GESTURES) document.addEventListener(name, resume, true);
  }
}

/** Shows one track in one place of the page. */
class VideoPlayer {
  #autoplay;
  #id;
  /** @type {HTMLElement | null} */
  #box = null;
  /** @type {HTMLVideoElement | null} */
  element = null;
  /** @type {DrawnLabel | null} */
  #label = null;
  /** @type {import('./label.js').LabelWords | null} */
  #words = null;
  /** @type {(drawn: boolean) => void} */
  #onDrawn = () => {};

  /** @param {Autoplay} autoplay @param {string} trackId */
  constructor(autoplay, trackId) {
    this.#autoplay = autoplay;
    this.#id = trackId;
  }

  /**
   * @param {string | HTMLElement} target an id or an element; the body when there is none
   * @param {MediaStreamTrack} track @param {VideoPlayerConfig} config @param {() => void} onFirstFrame
   */
  play(target, track, config, onFirstFrame) {
    const place = this.#find(target);
    const again = this.element && (this.#box?.parentElement ?? this.element) === place;
    if (!again) this.stop();
    const video = this.element ?? this.#videoIn(place);
    this.element = video;
    style(video, config);
    // The sound is played by an element of its own.
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, controls: false });
    video.setAttribute('playsinline', '');
    this.show(track);
    this.label(this.#words, this.#onDrawn);
    afterFirstFrame(video, onFirstFrame);
  }

  /** @param {MediaStreamTrack} track */
  show(track) {
    if (!this.element) return;
    const shown = /** @type {MediaStream | null} */ (this.element.srcObject);
    if (shown?.getTracks()[0] !== track) this.element.srcObject = new MediaStream([track]);
    this.#autoplay.start(this.element);
  }

  /** Label what is played, from now on; null: it is labelled already.
   * @param {import('./label.js').LabelWords | null} words @param {(drawn: boolean) => void} onDrawn */
  label(words, onDrawn) {
    this.#label?.remove();
    this.#label = null;
    [this.#words, this.#onDrawn] = [words, onDrawn];
    if (words && this.element?.parentElement) this.#label = new DrawnLabel(this.element, words, onDrawn);
  }

  stop() {
    if (!this.element) return;
    this.#label?.remove();
    this.#label = null;
    this.#autoplay.forget(this.element);
    this.element.removeEventListener('pause', this.#goOn);
    this.element.srcObject = null;
    this.#box?.remove();
    this.element = this.#box = null;
  }

  /** @returns {ImageData} what is shown now; 2x2 and empty before the first picture */
  frame() {
    const { videoWidth = 0, videoHeight = 0 } = this.element ?? {};
    if (!this.element || !videoWidth) return new ImageData(2, 2);
    const canvas = Object.assign(document.createElement('canvas'), {
      width: videoWidth,
      height: videoHeight,
    });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.drawImage(this.element, 0, 0);
    return context.getImageData(0, 0, videoWidth, videoHeight);
  }

  /** @param {string | HTMLElement} target @returns {HTMLElement} */
  #find(target) {
    const found = typeof target === 'string' ? document.getElementById(target) : target;
    if (found) return found;
    console.warn(`AgoraRTC: there is no element "${target}", the body is used`);
    return document.body;
  }

  /** Browsers pause a video that the page moves to another place. */
  #goOn = () => {
    if (this.element) this.#autoplay.start(this.element);
  };

  /** @param {HTMLElement} place @returns {HTMLVideoElement} the place itself, or a new one in it */
  #videoIn(place) {
    const video = place instanceof HTMLVideoElement ? place : this.#makeVideo(place);
    video.addEventListener('pause', this.#goOn);
    return video;
  }

  /** @param {HTMLElement} place */
  #makeVideo(place) {
    const box = document.createElement('div');
    box.id = `agora-video-player-${this.#id}`;
    const look = 'width:100%;height:100%;position:relative;overflow:hidden;background-color:black';
    box.style.cssText = look;
    const video = document.createElement('video');
    video.id = `video_${this.#id}`;
    video.className = 'agora_video_player';
    video.style.cssText = 'width:100%;height:100%;position:absolute;left:0;top:0';
    box.append(video);
    place.append(box);
    this.#box = box;
    return video;
  }
}

/** @param {HTMLVideoElement} video @param {VideoPlayerConfig} config */
function style(video, { fit = 'cover', mirror, noStyle }) {
  if (noStyle) return;
  video.style.objectFit = fit;
  video.style.transform = mirror ? 'rotateY(180deg)' : '';
}

/** @param {HTMLVideoElement} video @param {() => void} then */
function afterFirstFrame(video, then) {
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(() => then());
  else /** @type {HTMLVideoElement} */ (video).addEventListener('loadeddata', then, { once: true });
}

/** Plays one track's sound. */
class AudioPlayer {
  #autoplay;
  /** @type {HTMLAudioElement & {setSinkId?: (id: string) => Promise<void>} | null} */
  #element = null;
  #volume = 100;
  #silent = false;
  #sink = '';

  /** @param {Autoplay} autoplay */
  constructor(autoplay) {
    this.#autoplay = autoplay;
  }

  get playing() {
    return this.#element !== null;
  }

  get volume() {
    return this.#volume;
  }

  /** @param {number} volume 0 to 100; more is as loud as 100 */
  set volume(volume) {
    this.#volume = volume;
    this.#apply();
  }

  /** Play on, but unheard. @param {boolean} silent */
  set silent(silent) {
    this.#silent = silent;
    this.#apply();
  }

  /** @param {MediaStreamTrack} track */
  play(track) {
    this.#element ??= document.createElement('audio');
    this.#element.autoplay = true;
    this.#element.srcObject = new MediaStream([track]);
    this.#apply();
    if (this.#sink) this.#element.setSinkId?.(this.#sink).catch(() => {});
    this.#autoplay.start(this.#element);
  }

  /** @param {MediaStreamTrack} track */
  show(track) {
    if (this.#element) this.play(track);
  }

  stop() {
    if (!this.#element) return;
    this.#autoplay.forget(this.#element);
    this.#element.srcObject = null;
    this.#element = null;
  }

  /** @param {string} deviceId of an audiooutput */
  async useSpeaker(deviceId) {
    this.#sink = deviceId;
    await this.#element?.setSinkId?.(deviceId);
  }

  #apply() {
    if (!this.#element) return;
    this.#element.volume = Math.max(0, Math.min(100, this.#volume)) / 100;
    this.#element.muted = this.#silent;
  }
}

// ---- statistics.js
/** WebRTC's figures under the SDK's names. Bit rates in bit/s, delays in ms, durations in s. */

const LEVEL_SCALE = 32767;

/** @typedef {Record<string, any>} Report */

/** Two looks at a connection, a second apart. */
class Statistics {
  /** @type {Map<string, Report>} */
  #now = new Map();
  /** @type {Map<string, Report>} */
  #before = new Map();
  /** What the server says about its own work, ms. */
  serverLatency = 0;

  /** @param {RTCStatsReport} report */
  take(report) {
    this.#before = this.#now;
    this.#now = new Map(/** @type {any} */ (report));
  }

  clear() {
    this.#now = this.#before = new Map();
    this.serverLatency = 0;
  }

  /** @param {number} joinedAt performance.now() @param {number} users */
  call(joinedAt, users) {
    const pair = this.#pair();
    return {
      Duration: Math.round((performance.now() - joinedAt) / 1000) || 0,
      UserCount: users,
      RTT: milliseconds(pair.currentRoundTripTime),
      SendBitrate: this.#rate(pair, 'bytesSent') * 8,
      RecvBitrate: this.#rate(pair, 'bytesReceived') * 8,
      SendBytes: pair.bytesSent ?? 0,
      RecvBytes: pair.bytesReceived ?? 0,
      OutgoingAvailableBandwidth: (pair.availableOutgoingBitrate ?? 0) / 1000,
    };
  }

  localAudio() {
    const sent = this.find('outbound-rtp', 'audio');
    return {
      codecType: this.#codec(sent)?.toLowerCase(),
      sendVolumeLevel: Math.round((this.find('media-source', 'audio').audioLevel ?? 0) * LEVEL_SCALE),
      ...this.#sent(sent),
    };
  }

  localVideo() {
    const sent = this.find('outbound-rtp', 'video');
    const source = this.find('media-source', 'video');
    return {
      codecType: this.#codec(sent),
      ...this.#sent(sent),
      sendFrameRate: sent.framesPerSecond ?? 0,
      captureFrameRate: source.framesPerSecond ?? 0,
      sendResolutionWidth: sent.frameWidth ?? 0,
      sendResolutionHeight: sent.frameHeight ?? 0,
      captureResolutionWidth: source.width ?? 0,
      captureResolutionHeight: source.height ?? 0,
      encodeDelay: milliseconds(ratio(sent.totalEncodeTime, sent.framesEncoded)),
      targetSendBitrate: sent.targetBitrate ?? 0,
      totalDuration: this.#seconds(sent),
      totalFreezeTime: 0,
    };
  }

  remoteAudio() {
    const got = this.find('inbound-rtp', 'audio');
    return {
      codecType: this.#codec(got)?.toLowerCase(),
      receiveLevel: Math.round((got.audioLevel ?? 0) * LEVEL_SCALE),
      receivePacketsDiscarded: got.packetsDiscarded ?? 0,
      ...this.#received(got),
      totalFreezeTime: ratio(got.silentConcealedSamples, 48000),
      freezeRate: ratio(got.silentConcealedSamples, got.totalSamplesReceived),
    };
  }

  remoteVideo() {
    const got = this.find('inbound-rtp', 'video');
    return {
      codecType: this.#codec(got),
      ...this.#received(got),
      receiveFrameRate: this.#rate(got, 'framesReceived'),
      decodeFrameRate: this.#rate(got, 'framesDecoded'),
      renderFrameRate: Math.max(0, this.#rate(got, 'framesDecoded') - this.#rate(got, 'framesDropped')),
      receiveResolutionWidth: got.frameWidth ?? 0,
      receiveResolutionHeight: got.frameHeight ?? 0,
      totalFreezeTime: got.totalFreezesDuration ?? 0,
      freezeRate: Math.min(1, this.#rate(got, 'totalFreezesDuration')),
    };
  }

  /** @returns {number} */
  get framesDecoded() {
    return this.find('inbound-rtp', 'video').framesDecoded ?? 0;
  }

  /** What network quality is judged by: shares lost, and the round trip.
   * @returns {{known: boolean, roundTripMs: number, sentLoss: number, receivedLoss: number}} */
  line() {
    const pair = this.#pair();
    return {
      known: pair.currentRoundTripTime !== undefined,
      roundTripMs: milliseconds(pair.currentRoundTripTime),
      sentLoss: this.#worstOf('remote-inbound-rtp', (report) => report.fractionLost ?? 0),
      receivedLoss: this.#worstOf('inbound-rtp', (report) => this.#recentLoss(report)),
    };
  }

  /** @param {string} type @param {string} kind @returns {Report} empty when there is none */
  find(type, kind) {
    const found = [...this.#now.values()].filter((r) => r.type === type && r.kind === kind);
    // A source that came later has taken over.
    return found.sort((a, b) => (b.lastPacketReceivedTimestamp ?? 0) - (a.lastPacketReceivedTimestamp ?? 0))[0] ?? {};
  }

  /** @param {Report} sent */
  #sent(sent) {
    const told = this.#now.get(sent.remoteId) ?? {};
    return {
      sendBitrate: this.#rate(sent, 'bytesSent') * 8,
      sendBytes: sent.bytesSent ?? 0,
      sendPackets: sent.packetsSent ?? 0,
      sendPacketsLost: told.packetsLost ?? 0,
      sendJitterMs: milliseconds(told.jitter),
      sendRttMs: milliseconds(told.roundTripTime ?? this.#pair().currentRoundTripTime),
      currentPacketLossRate: told.fractionLost ?? 0,
    };
  }

  /** @param {Report} got */
  #received(got) {
    const transportDelay = milliseconds(this.#pair().currentRoundTripTime) / 2;
    const waited = ratio(this.#rate(got, 'jitterBufferDelay'), this.#rate(got, 'jitterBufferEmittedCount'));
    const receiveDelay = transportDelay + milliseconds(waited);
    const packets = got.packetsReceived ?? 0;
    const lost = Math.max(0, got.packetsLost ?? 0);
    return {
      transportDelay,
      end2EndDelay: receiveDelay + transportDelay + this.serverLatency,
      receiveBitrate: this.#rate(got, 'bytesReceived') * 8,
      receiveDelay,
      receiveBytes: got.bytesReceived ?? 0,
      receivePackets: packets,
      receivePacketsLost: lost,
      packetLossRate: ratio(lost, lost + packets),
      currentPacketLossRate: this.#recentLoss(got),
      totalDuration: this.#seconds(got),
      publishDuration: Math.round(this.#seconds(got) * 1000),
    };
  }

  /** @param {Report} got @returns {number} share of the packets of the last second */
  #recentLoss(got) {
    const lost = Math.max(0, this.#rate(got, 'packetsLost'));
    return ratio(lost, lost + this.#rate(got, 'packetsReceived'));
  }

  /** @param {string} type @param {(report: Report) => number} value */
  #worstOf(type, value) {
    const found = [...this.#now.values()].filter((report) => report.type === type);
    return Math.max(0, ...found.map(value));
  }

  /** @returns {Report} the way that the media takes */
  #pair() {
    const all = [...this.#now.values()];
    const transport = all.find((report) => report.type === 'transport');
    const chosen = this.#now.get(transport?.selectedCandidatePairId);
    return chosen ?? all.find((r) => r.type === 'candidate-pair' && r.nominated) ?? {};
  }

  /** @param {Report} report @param {string} field @returns {number} change a second */
  #rate(report, field) {
    const before = this.#before.get(report.id);
    if (!before) return 0;
    return ratio((report[field] ?? 0) - (before[field] ?? 0), (report.timestamp - before.timestamp) / 1000);
  }

  /** @param {Report} report @returns {string | undefined} such as VP8 */
  #codec(report) {
    return this.#now.get(report.codecId)?.mimeType?.split('/')[1];
  }

  /** How long it has been there. @param {Report} report */
  #seconds(report) {
    const first = this.#starts.get(report.id) ?? report.timestamp;
    if (report.id) this.#starts.set(report.id, first);
    return report.id ? (report.timestamp - first) / 1000 : 0;
  }

  /** @type {Map<string, number>} */
  #starts = new Map();
}

/** @param {number} [part] @param {number} [whole] @returns {number} 0 when there is no whole */
function ratio(part = 0, whole = 0) {
  return whole ? part / whole : 0;
}

/** @param {number} [seconds] @returns {number} */
function milliseconds(seconds = 0) {
  return Math.round(seconds * 1000);
}

// ---- track.js
/** What every track has, and what pictures and sound add to it. */


/**
 * @typedef {object} Stage where tracks are seen and heard
 * @property {import('./playback.js').Autoplay} autoplay
 * @property {import('./sound.js').SoundDesk} desk
 *
 * @typedef {object} Link how a track belongs to a client
 * @property {RTCRtpTransceiver} transceiver
 * @property {() => any} statistics
 * @property {() => Promise<void>} mediaChanged
 * @property {() => Promise<void>} encodingChanged
 * @property {() => void} closed
 */

/** A media track in the SDK's clothes. */
class Track extends EventEmitter {
  /** @type {Link | null} */
  link = null;
  /** Where a processing extension would hand its result back: there is none. */
  processorDestination = null;

  /** @param {Stage} stage @param {MediaStreamTrack} media */
  constructor(stage, media) {
    super();
    this.stage = stage;
    this.media = media;
    this.trackMediaType = /** @type {'audio' | 'video'} */ (media.kind);
    this.trackId = `track-${media.kind}-${Math.random().toString(16).slice(2, 10)}`;
  }

  getTrackId() {
    return this.trackId;
  }

  getTrackLabel() {
    return this.media.label;
  }

  getMediaStreamTrack() {
    return this.media;
  }

  get mediaStreamTrack() {
    return this.media;
  }

  toString() {
    return this.trackId;
  }

  /** @returns {RTCRtpTransceiver | undefined} */
  getRTCRtpTransceiver() {
    return this.link?.transceiver;
  }

  /** The client took the track, or let go of it. @param {Link | null} link */
  attach(link) {
    this.link = link;
    if (link) this.emit('transceiver-updated', link.transceiver);
  }

  getStats() {
    return this.link?.statistics() ?? this.noStatistics();
  }

  /** @returns {any} the figures of a track that belongs to no client */
  noStatistics() {
    const none = new Statistics();
    return this.trackMediaType === 'audio' ? none.localAudio() : none.localVideo();
  }

  /** @param {MediaStreamTrack} media */
  async replaceMedia(media) {
    this.media = media;
    this.showMedia();
    await this.link?.mediaChanged();
    this.emit('track-updated', media);
  }

  /** Play the present media where the last was played. */
  showMedia() {}

  stop() {}

  pipe() {
    throw notSupported('a processing extension');
  }

  unpipe() {}

  useExtension() {
    throw notSupported('a processing extension');
  }

  removeExtension() {
    return false;
  }
}

/**
 * @template {new (...values: any[]) => Track} Base
 * @param {Base} Kind
 */
function withPictures(Kind) {
  return class extends Kind {
    #player = new VideoPlayer(this.stage.autoplay, this.trackId);

    get isPlaying() {
      return Boolean(this.#player.element?.isConnected);
    }

    /**
     * Put a <video> into an element.
     * @param {string | HTMLElement} element @param {import('./playback.js').VideoPlayerConfig} [config]
     */
    play(element, config = {}) {
      const look = { ...this.usualLook(), ...config };
      this.#player.play(element, this.media, look, () => this.pictureShown());
    }

    /** What `play` does unless it is told. @returns {import('./playback.js').VideoPlayerConfig} */
    usualLook() {
      return { fit: 'cover', mirror: false };
    }

    stop() {
      this.#player.stop();
    }

    showMedia() {
      this.#player.show(this.media);
    }

    /** @param {import('./label.js').LabelWords | null} words @param {(drawn: boolean) => void} onDrawn */
    label(words, onDrawn) {
      this.#player.label(words, onDrawn);
    }

    /** The first picture is on the page. */
    pictureShown() {}

    /** @returns {ImageData} */
    getCurrentFrameData() {
      return this.#player.frame();
    }

    /**
     * @param {string} type such as image/png @param {number} quality 0 to 1
     * @returns {Promise<{buffer: Uint8Array, width: number, height: number}>}
     */
    async getCurrentFrameImage(type, quality) {
      const frame = this.#player.frame();
      const canvas = new OffscreenCanvas(frame.width, frame.height);
      canvas.getContext('2d')?.putImageData(frame, 0, 0);
      const blob = await canvas.convertToBlob({ type, quality });
      const buffer = new Uint8Array(await blob.arrayBuffer());
      return { buffer, width: frame.width, height: frame.height };
    }

    /** @returns {{visible: true} | {visible: false, reason: string} | undefined} */
    getVideoElementVisibleStatus() {
      return this.#player.element ? visibility(this.#player.element) : undefined;
    }
  };
}

/** @param {HTMLElement} element @returns {{visible: true} | {visible: false, reason: string}} */
function visibility(element) {
  const { width, height, top, left, bottom, right } = element.getBoundingClientRect();
  if (!element.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) {
    return { visible: false, reason: 'STYLE' };
  }
  if (!width || !height) return { visible: false, reason: 'SIZE' };
  const outside = bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth;
  return outside ? { visible: false, reason: 'POSITION' } : { visible: true };
}

/**
 * @template {new (...values: any[]) => Track} Base
 * @param {Base} Kind
 */
function withSound(Kind) {
  return class extends Kind {
    player = new AudioPlayer(this.stage.autoplay);
    /** @type {import('./sound.js').Meter | null} */
    #meter = null;
    /** @type {import('./sound.js').Tap | null} */
    #tap = null;
    /** @type {() => void} open the tap on the present media */
    #tapAgain = () => {};

    get isPlaying() {
      return this.player.playing;
    }

    play() {
      this.player.play(this.media);
    }

    stop() {
      this.player.stop();
    }

    showMedia() {
      this.player.show(this.media);
      this.closeMeter();
      this.#tapAgain();
    }

    /** @returns {number} 0 to 1 */
    getVolumeLevel() {
      if (this.media.readyState === 'ended') return 0;
      this.#meter ??= this.stage.desk.meter(this.media);
      return this.#meter.level();
    }

    closeMeter() {
      this.#meter?.close();
      this.#meter = null;
    }

    /** Let go of everything that listens. */
    deafen() {
      this.closeMeter();
      this.setAudioFrameCallback(null);
    }

    /** @param {string} deviceId of an audiooutput */
    async setPlaybackDevice(deviceId) {
      try {
        await this.player.useSpeaker(deviceId);
      } catch (error) {
        throw new AgoraRTCError('PERMISSION_DENIED', `can not set sink id: ${error}`);
      }
    }

    /**
     * @param {((buffer: AudioBuffer) => void) | null} callback null for no more
     * @param {number} [frameSize] samples, a power of two from 256 to 16384
     */
    setAudioFrameCallback(callback, frameSize = 2048) {
      this.#tapAgain = () => {
        this.#tap?.close();
        this.#tap = callback && this.stage.desk.tap(this.media, callback, frameSize);
      };
      this.#tapAgain();
    }

    addReferenceTrack() {} // echo is cancelled by the browser

    removeReferenceTrack() {
      return false;
    }
  };
}

// ---- localtrack.js
/** What every track that the page sends has. */


/** @typedef {import('./track.js').Stage} Stage */

/** A track that can be published. */
class LocalTrack extends Track {
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

// ---- localaudio.js
/** Sound that the page sends: of a microphone, or a track of its own. */


/** @typedef {import('./track.js').Stage} Stage */

/** A sound track of any origin. */
class LocalAudioTrack extends withSound(LocalTrack) {
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
class MicrophoneAudioTrack extends LocalAudioTrack {
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

// ---- buffersource.js
/** Sound from a file or a buffer, to be published: music behind a voice. */


/** @typedef {'stopped' | 'playing' | 'paused'} SourceState */
/** @typedef {File | string | AudioBuffer} Source */

class BufferSourceAudioTrack extends LocalAudioTrack {
  #context;
  #buffer;
  #out;
  /** @type {AudioBufferSourceNode | null} */
  #node = null;
  #loop = false;
  #cycles = 1;
  /** Where in the buffer it was, seconds, when the context's clock stood at `#since`. */
  #at = 0;
  #since = 0;
  /** Percent. */
  playbackSpeed = 100;
  /** @type {SourceState} */
  currentState = 'stopped';

  /**
   * @param {import('./track.js').Stage} stage @param {Source} source @param {AudioBuffer} buffer
   * @param {import('./encoding.js').AudioEncoding} encoding
   */
  constructor(stage, source, buffer, encoding) {
    const { context } = stage.desk;
    const out = context.createMediaStreamDestination();
    super(stage, out.stream.getAudioTracks()[0], encoding);
    this.#context = context;
    this.#buffer = buffer;
    this.#out = out;
    this.source = source;
  }

  /** Seconds. */
  get duration() {
    return this.#buffer.duration;
  }

  /** @returns {number} seconds from the buffer's beginning */
  getCurrentTime() {
    if (this.currentState === 'stopped') return 0;
    const passed = this.#node ? (this.#context.currentTime - this.#since) * this.#rate : 0;
    return (this.#at + passed) % this.duration;
  }

  /** @param {{loop?: boolean, cycle?: number, startPlayTime?: number}} [options] seconds */
  startProcessAudioBuffer({ loop = false, cycle = 1, startPlayTime = 0 } = {}) {
    this.#loop = loop;
    this.#cycles = cycle;
    this.stage.desk.resume();
    this.#run(startPlayTime);
  }

  pauseProcessAudioBuffer() {
    if (this.currentState !== 'playing') return;
    this.#at = this.getCurrentTime();
    this.#halt();
    this.#become('paused');
  }

  resumeProcessAudioBuffer() {
    if (this.currentState === 'paused') this.#run(this.#at);
  }

  stopProcessAudioBuffer() {
    this.#halt();
    this.#become('stopped');
  }

  /** @param {number} time seconds */
  seekAudioBuffer(time) {
    if (this.currentState === 'playing') this.#run(time);
    else this.#at = time;
  }

  /** @param {number} speed percent, 50 to 400 */
  setAudioBufferPlaybackSpeed(speed) {
    requireParameter(speed >= 50 && speed <= 400, 'invalid speed: the value range is [50, 400].');
    const time = this.getCurrentTime();
    this.playbackSpeed = speed;
    if (this.currentState === 'playing') this.#run(time);
  }

  close() {
    this.stopProcessAudioBuffer();
    super.close();
  }

  get #rate() {
    return this.playbackSpeed / 100;
  }

  /** @param {number} time seconds */
  #run(time) {
    this.#halt();
    const node = this.#context.createBufferSource();
    Object.assign(node, { buffer: this.#buffer, loop: this.#loop || this.#cycles > 1 });
    node.playbackRate.value = this.#rate;
    node.connect(this.#out);
    node.onended = () => node === this.#node && this.stopProcessAudioBuffer();
    node.start(0, time, this.#loop ? undefined : this.duration * this.#cycles - time);
    this.#node = node;
    this.#at = time;
    this.#since = this.#context.currentTime;
    this.#become('playing');
  }

  #halt() {
    this.#node?.disconnect();
    this.#node = null;
  }

  /** @param {SourceState} state */
  #become(state) {
    if (state === this.currentState) return;
    this.currentState = state;
    this.emit('source-state-change', state);
  }
}

/** @param {AudioContext} context @param {Source} source @returns {Promise<AudioBuffer>} */
async function readSource(context, source) {
  if (source instanceof AudioBuffer) return source;
  const fits = typeof source === 'string' || source instanceof File;
  requireParameter(fits, 'source is no address, File or AudioBuffer');
  const bytes = await (typeof source === 'string' ? fetched(source) : source.arrayBuffer());
  try {
    return await context.decodeAudioData(bytes);
  } catch (error) {
    throw new AgoraRTCError('DECODE_AUDIO_FILE_FAILED', String(error));
  }
}

/** @param {string} address @returns {Promise<ArrayBuffer>} */
async function fetched(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.arrayBuffer();
  } catch (error) {
    throw new AgoraRTCError('FETCH_AUDIO_FILE_FAILED', String(error));
  }
}

// ---- checks.js
/** What is wrong with what the page hands in, in the words of the SDK. */


const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,64}$/;
const MOST_UID = 2 ** 32 - 1;

/** @param {unknown} appId @param {unknown} channel @param {unknown} token @param {unknown} uid */
function checkJoin(appId, channel, token, uid) {
  requireParameter(typeof appId === 'string' && appId.length > 0, 'appid is empty');
  requireParameter(
    typeof channel === 'string' && CHANNEL_NAME.test(channel),
    'channel is no name of 1 to 64 characters',
  );
  requireParameter(
    token === null || (typeof token === 'string' && token.length > 0),
    'token is empty; if you do not use a token, set it to null',
  );
  requireParameter(uid === null || isUid(uid), 'uid is no number from 0 to 4294967295 and no string');
}

/** @param {unknown} uid */
function isUid(uid) {
  if (typeof uid === 'string') return uid.length <= 255;
  return Number.isInteger(uid) && Number(uid) >= 0 && Number(uid) <= MOST_UID;
}

/**
 * What the server would refuse as well, with the words of the SDK.
 * @param {import('./token.js').TokenClaims} claims
 * @param {string} appId @param {string} channel @param {number | string | null} uid
 */
function checkClaims(claims, appId, channel, uid) {
  const refuse = (/** @type {string} */ why) => {
    throw new AgoraRTCError('CAN_NOT_GET_GATEWAY_SERVER', why);
  };
  if (claims.appId !== appId) refuse('invalid vendor key, can not find appid');
  if (claims.channel !== channel) refuse('invalid token, authorized failed: another channel');
  const anyUid = uid === null || Number(uid) === 0 || !claims.uid;
  if (!anyUid && claims.uid !== String(uid)) refuse('invalid token, authorized failed: another uid');
}

/** @param {any} track */
function checkTrack(track) {
  const fits = typeof track?.getMediaStreamTrack === 'function';
  if (!fits && Number.isInteger(track?.id)) throw notSupported('a data channel');
  requireParameter(fits, 'parameter is not local track');
}

/** @param {any} track */
function checkPublishable(track) {
  if (track.closed) throw new AgoraRTCError('INVALID_LOCAL_TRACK', 'the track is closed');
  if (track.enabled !== false) return;
  throw new AgoraRTCError('TRACK_IS_DISABLED', `can not publish a disabled track: ${track.getTrackId()}`);
}

/** @param {string[]} known @param {string} value @param {string} name */
function requireOneOf(known, value, name) {
  requireParameter(known.includes(value), `${name} can only be set as ${JSON.stringify(known)}`);
}

/** @param {any} mediaType */
function requireKind(mediaType) {
  if (mediaType === 'datachannel') throw notSupported('a data channel');
  requireOneOf(['audio', 'video'], mediaType, 'mediaType');
}

/** @param {any} server @returns {RTCIceServer} */
function iceServer(server) {
  if (server?.urls) return server;
  requireParameter(typeof server?.turnServerURL === 'string', 'turnServerURL is missing');
  const { turnServerURL: host, username, password, security, udpport, tcpport } = server;
  const scheme = security ? 'turns' : 'turn';
  const urls = [`${scheme}:${host}:${udpport ?? 3478}?transport=udp`];
  if (tcpport) urls.push(`${scheme}:${host}:${tcpport}?transport=tcp`);
  return { urls, username, credential: password };
}

// ---- cloud.js
/** What only Agora's cloud has. Wishes that change nothing are taken; services are refused. */


/** Functions of AgoraRTC that a server of one's own does without. */
class CloudEntry extends EventEmitter {
  setLogLevel() {}

  enableLogUpload() {} // nothing is ever sent to anybody else

  disableLogUpload() {}

  setArea() {}

  setAppType() {}

  processExternalMediaAEC() {}

  async preload() {}

  registerExtensions() {
    console.warn('AgoraRTC: processing extensions are not available on this server');
  }

  use() {
    return this;
  }

  /** @returns {Promise<{state: 'unavailable'}>} */
  async startLastmileProbeTest() {
    return { state: 'unavailable' };
  }

  createChannelMediaRelayConfiguration() {
    throw notSupported('channel media relay');
  }

  async getElectronScreenSources() {
    throw new AgoraRTCError('ELECTRON_IS_NULL', 'this page does not run in Electron');
  }
}

/** Methods of the SDK's client that a server of one's own does without. */
class CloudClient extends EventEmitter {
  setProxyServer() {}

  startProxyServer() {}

  stopProxyServer() {}

  async setDualStreamMode() {}

  setLowStreamParameter() {}

  async enableDualStream() {}

  async disableDualStream() {}

  async setRemoteVideoStreamType() {}

  async setRemoteDefaultVideoStreamType() {}

  async setStreamFallbackOption() {}

  async pickSVCLayer() {}

  async setRTMConfig() {}

  async sendCustomReportMessage() {}

  setEncryptionConfig() {} // WebRTC encrypts anyway

  setLicense() {}

  setLocalAccessPoints() {}

  setLocalAccessPointsV2() {}

  setP2PTransport() {}

  async startLiveStreaming() {
    throw notSupported('startLiveStreaming');
  }

  async setLiveTranscoding() {
    throw notSupported('setLiveTranscoding');
  }

  async stopLiveStreaming() {
    throw notSupported('stopLiveStreaming');
  }

  async startChannelMediaRelay() {
    throw notSupported('startChannelMediaRelay');
  }

  async updateChannelMediaRelay() {
    throw notSupported('updateChannelMediaRelay');
  }

  async stopChannelMediaRelay() {
    throw notSupported('stopChannelMediaRelay');
  }

  async enableContentInspect() {
    throw notSupported('enableContentInspect');
  }

  async disableContentInspect() {
    throw notSupported('disableContentInspect');
  }

  async setImageModeration() {
    throw notSupported('setImageModeration');
  }
}

// ---- quality.js
/** Judgements on the figures: network quality from 1 to 6, and exceptions with their recoveries. */

/** Grade 1 up to these; one worse for each bound passed. */
const LOSS_BOUNDS = Object.freeze([0.01, 0.03, 0.08, 0.2]);
const ROUND_TRIP_BOUNDS_MS = Object.freeze([100, 200, 350, 600]);
const UNKNOWN = 0;
const DOWN = 6;

const PATIENCE = 5;
const RECOVERED = 2000;

/** @typedef {{uplinkNetworkQuality: number, downlinkNetworkQuality: number}} NetworkQuality */

/**
 * @param {{known: boolean, roundTripMs: number, sentLoss: number, receivedLoss: number}} line
 * @param {string} state of the client @returns {NetworkQuality}
 */
function networkQuality(line, state) {
  if (state === 'RECONNECTING' || globalThis.navigator?.onLine === false) return both(DOWN);
  if (state !== 'CONNECTED' || !line.known) return both(UNKNOWN);
  const delay = grade(line.roundTripMs, ROUND_TRIP_BOUNDS_MS);
  return {
    uplinkNetworkQuality: Math.max(delay, grade(line.sentLoss, LOSS_BOUNDS)),
    downlinkNetworkQuality: Math.max(delay, grade(line.receivedLoss, LOSS_BOUNDS)),
  };
}

/** @param {number} value @param {readonly number[]} bounds @returns {number} 1 to 5 */
function grade(value, bounds) {
  return 1 + bounds.filter((bound) => value > bound).length;
}

/** @param {number} value @returns {NetworkQuality} */
function both(value) {
  return { uplinkNetworkQuality: value, downlinkNetworkQuality: value };
}

/** @type {Readonly<Record<string, number>>} */
const EXCEPTION_CODES = Object.freeze({
  FRAMERATE_INPUT_TOO_LOW: 1001,
  FRAMERATE_SENT_TOO_LOW: 1002,
  SEND_VIDEO_BITRATE_TOO_LOW: 1003,
  RECV_VIDEO_DECODE_FAILED: 1005,
  AUDIO_INPUT_LEVEL_TOO_LOW: 2001,
  AUDIO_OUTPUT_LEVEL_TOO_LOW: 2002,
  SEND_AUDIO_BITRATE_TOO_LOW: 2003,
});

/** Tells what has been wrong for five looks in a row, and when it is right again. */
class ExceptionWatch {
  #tell;
  /** @type {Map<string, {bad: number, told: boolean}>} */
  #conditions = new Map();

  /** @param {(event: {code: number, msg: string, uid: number | string}) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {any} video @param {number | string} uid @param {number} [frameRate] that was asked for */
  sentVideo(video, uid, frameRate) {
    const { captureFrameRate: captured, sendFrameRate: sent, sendBitrate } = video;
    const least = frameRate && frameRate > 10 ? 5 : 1;
    this.#note('FRAMERATE_INPUT_TOO_LOW', Boolean(frameRate && captured < least), uid);
    this.#note('FRAMERATE_SENT_TOO_LOW', captured > 5 && sent <= 1, uid);
    this.#note('SEND_VIDEO_BITRATE_TOO_LOW', sendBitrate === 0, uid);
  }

  /** @param {any} audio @param {number | string} uid */
  sentAudio(audio, uid) {
    this.#note('AUDIO_INPUT_LEVEL_TOO_LOW', audio.sendVolumeLevel === 0, uid);
    this.#note('SEND_AUDIO_BITRATE_TOO_LOW', audio.sendBitrate === 0, uid);
  }

  /** @param {any} video @param {number} uid */
  receivedVideo(video, uid) {
    this.#note('RECV_VIDEO_DECODE_FAILED', video.receiveBitrate > 0 && !video.decodeFrameRate, uid);
  }

  /** @param {any} audio @param {number} uid */
  receivedAudio(audio, uid) {
    this.#note('AUDIO_OUTPUT_LEVEL_TOO_LOW', audio.receiveBitrate > 0 && !audio.receiveLevel, uid);
  }

  /** @param {string} msg @param {boolean} wrong @param {number | string} uid */
  #note(msg, wrong, uid) {
    const key = `${msg} ${uid}`;
    const { bad, told } = this.#conditions.get(key) ?? { bad: 0, told: false };
    const count = wrong ? bad + 1 : 0;
    const telling = !told && count >= PATIENCE;
    this.#conditions.set(key, { bad: count, told: wrong && (told || telling) });
    const code = EXCEPTION_CODES[msg];
    if (telling) this.#tell({ code, msg, uid });
    if (told && !wrong) this.#tell({ code: code + RECOVERED, msg: `${msg}_RECOVER`, uid });
  }
}

// ---- monitor.js
/** Looks at a joined client every second: statistics, network quality, volumes, exceptions. */


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

class Monitor {
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

// ---- publications.js
/** The local tracks that a client sends. Tracks come and go by replaceTrack: nothing is negotiated. */


/** @typedef {import('./connection.js').PeerLink} PeerLink */

/** @type {Readonly<Record<string, string>>} */
const DEGRADATION = Object.freeze({
  motion: 'maintain-framerate',
  detail: 'maintain-resolution',
  balanced: 'balanced',
});

/**
 * What is asked of a track. Wrapper libraries hand in tracks of another copy of the SDK, so only
 * what the SDK documents may be used; ours have `attach` and `outgoingTrack` besides.
 * @typedef {any} PublishableTrack
 */

class Publications {
  #desk;
  #statistics;
  #onClosed;
  /** @type {Map<PublishableTrack, () => void>} each with what to do when its media changes */
  #tracks = new Map();
  /** @type {import('./sound.js').Mixer | null} */
  #mixer = null;
  /** @type {PeerLink | null} */
  #link = null;

  /**
   * @param {import('./sound.js').SoundDesk} desk
   * @param {(kind: 'audio' | 'video') => any} statistics of the sent track
   * @param {(track: PublishableTrack) => void} onClosed
   */
  constructor(desk, statistics, onClosed) {
    this.#desk = desk;
    this.#statistics = statistics;
    this.#onClosed = onClosed;
  }

  get tracks() {
    return [...this.#tracks.keys()];
  }

  /** @param {'audio' | 'video'} kind @returns {PublishableTrack[]} */
  of(kind) {
    return this.tracks.filter((track) => kindOf(track) === kind);
  }

  /** @param {PublishableTrack} track */
  has(track) {
    return this.#tracks.has(track);
  }

  /** @param {PublishableTrack} track */
  async add(track) {
    const kind = kindOf(track);
    const update = () => this.#send(kind);
    this.#tracks.set(track, update);
    if (track.attach) this.#attach(track);
    else track.on?.('track-updated', update);
    await this.#send(kind);
  }

  /** @param {PublishableTrack} track */
  async remove(track) {
    const kind = kindOf(track);
    this.#forget(track);
    await this.#send(kind);
  }

  /** Send everything on another connection. @param {PeerLink} link */
  async resume(link) {
    this.#link = link;
    for (const track of this.#tracks.keys()) this.#attach(track);
    await Promise.all([this.#send('audio'), this.#send('video')]);
  }

  /** Let go of every track; the page keeps them. */
  clear() {
    this.#link = null;
    for (const track of this.tracks) this.#forget(track);
    this.#mixer?.close();
    this.#mixer = null;
  }

  /** Tracks of others may change their media without a word. */
  async refresh() {
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      const [track] = this.of(kind);
      const sent = this.#link?.transceivers[kind].sender.track;
      if (track && !track.outgoingTrack && sent !== track.getMediaStreamTrack()) {
        await this.#send(kind);
      }
    }
  }

  /** @param {PublishableTrack} track */
  #forget(track) {
    const update = this.#tracks.get(track);
    this.#tracks.delete(track);
    track.off?.('track-updated', update);
    track.attach?.(null);
  }

  /** @param {PublishableTrack} track */
  #attach(track) {
    const kind = kindOf(track);
    track.attach?.({
      transceiver: this.#link?.transceivers[kind],
      statistics: () => this.#statistics(kind),
      mediaChanged: () => this.#send(kind),
      encodingChanged: () => this.#encode(kind),
      closed: () => this.#onClosed(track),
    });
  }

  /** @param {'audio' | 'video'} kind */
  async #send(kind) {
    const sender = this.#link?.transceivers[kind].sender;
    const tracks = this.of(kind).map((track) => track.outgoingTrack?.() ?? track.getMediaStreamTrack());
    const media = tracks.length > 1 ? this.#mix(tracks) : (tracks[0] ?? null);
    await sender?.replaceTrack(media).catch(ignoreClosed);
    if (media) await this.#encode(kind);
  }

  /** @param {MediaStreamTrack[]} tracks @returns {MediaStreamTrack} */
  #mix(tracks) {
    this.#mixer ??= this.#desk.mixer([]);
    this.#mixer.replace(tracks);
    return this.#mixer.track;
  }

  /** Bound bit and frame rate as the track's settings say. @param {'audio' | 'video'} kind */
  async #encode(kind) {
    const sender = this.#link?.transceivers[kind].sender;
    const [track] = this.of(kind);
    if (!sender || !track) return;
    const { bitrateMax, bitrate, frameRate, scaleResolutionDownBy } = track.encoding ?? {};
    const parameters = sender.getParameters();
    const most = kind === 'video' ? bitrateMax : bitrate;
    Object.assign(parameters.encodings[0] ?? {}, {
      maxBitrate: most ? most * 1000 : undefined,
      ...(kind === 'video' && { maxFramerate: wanted(frameRate), scaleResolutionDownBy }),
    });
    const degradationPreference = DEGRADATION[track.optimizationMode] ?? 'balanced';
    if (kind === 'video') Object.assign(parameters, { degradationPreference });
    // Not every browser knows every field; the media goes on without.
    await sender.setParameters(parameters).catch(() => {});
  }
}

/** @param {PublishableTrack} track @returns {'audio' | 'video'} */
function kindOf(track) {
  return track.trackMediaType ?? track.getMediaStreamTrack().kind;
}

/** @param {DOMException} error of a sender whose connection went away meanwhile */
function ignoreClosed(error) {
  if (error.name !== 'InvalidStateError') throw error;
}

// ---- constants.js
/** The SDK's enumerations: properties of AgoraRTC, and exports of the module. */

/** Regions of the cloud. */
const AREAS = named(
  'CHINA', 'ASIA', 'NORTH_AMERICA', 'EUROPE', 'JAPAN', 'INDIA', 'KOREA', 'HKMC', 'US', 'OCEANIA',
  'SOUTH_AMERICA', 'AFRICA', 'OVERSEA', 'GLOBAL', 'EXTENSIONS',
);

/** Why a client is DISCONNECTED; this server sends the first three, TOKEN_EXPIRE and UID_CONFLICT. */
const ConnectionDisconnectedReason = named(
  'LEAVE', 'NETWORK_ERROR', 'SERVER_ERROR', 'UID_BANNED', 'FALLBACK', 'IP_BANNED',
  'CHANNEL_BANNED', 'LICENSE_MISSING', 'LICENSE_EXPIRED', 'LICENSE_MINUTES_EXCEEDED',
  'LICENSE_PERIOD_INVALID', 'LICENSE_MULTIPLE_SDK_SERVICE', 'LICENSE_ILLEGAL', 'TOKEN_EXPIRE',
  'FALLBACK_TO_HLS', 'UID_CONFLICT',
);

const ChannelMediaRelayError = named(
  'RELAY_OK', 'SERVER_CONNECTION_LOST', 'SRC_TOKEN_EXPIRED', 'DEST_TOKEN_EXPIRED',
);

const ChannelMediaRelayEvent = named(
  'NETWORK_DISCONNECTED', 'NETWORK_CONNECTED', 'PACKET_JOINED_SRC_CHANNEL',
  'PACKET_JOINED_DEST_CHANNEL', 'PACKET_SENT_TO_DEST_CHANNEL', 'PACKET_RECEIVED_VIDEO_FROM_SRC',
  'PACKET_RECEIVED_AUDIO_FROM_SRC', 'PACKET_UPDATE_DEST_CHANNEL',
  'PACKET_UPDATE_DEST_CHANNEL_REFUSED', 'PACKET_UPDATE_DEST_CHANNEL_NOT_CHANGE',
);

const ChannelMediaRelayState = named(
  'RELAY_STATE_IDLE', 'RELAY_STATE_CONNECTING', 'RELAY_STATE_RUNNING', 'RELAY_STATE_FAILURE',
);

const AudienceLatencyLevelType = numbered({
  AUDIENCE_LEVEL_LOW_LATENCY: 1,
  AUDIENCE_LEVEL_ULTRA_LOW_LATENCY: 2,
  AUDIENCE_LEVEL_SYNC_LATENCY: 3,
});

const RemoteStreamType = numbered({
  HIGH_STREAM: 0, LOW_STREAM: 1, HIGH_STREAM_LAYER1: 4, HIGH_STREAM_LAYER2: 5,
  HIGH_STREAM_LAYER3: 6, HIGH_STREAM_LAYER4: 7, HIGH_STREAM_LAYER5: 8, HIGH_STREAM_LAYER6: 9,
});

const RemoteStreamFallbackType = numbered({
  DISABLE: 0, LOW_STREAM: 1, AUDIO_ONLY: 2, HIGH_STREAM_LAYER1: 3, HIGH_STREAM_LAYER2: 4,
  HIGH_STREAM_LAYER3: 5, HIGH_STREAM_LAYER4: 6, HIGH_STREAM_LAYER5: 7, HIGH_STREAM_LAYER6: 8,
});

/** What "video-state-changed" of a remote picture tells. */
const VideoState = numbered({
  VideoStateStopped: 0, VideoStateStarting: 1, VideoStateDecoding: 2, VideoStateFrozen: 3,
});

/** Every code of the SDK, for programs that compare; this server sends those of docs/moving.md. */
const AgoraRTCErrorCode = named(
  'UNEXPECTED_ERROR', 'UNEXPECTED_RESPONSE', 'PB_ERROR', 'TIMEOUT', 'INVALID_PARAMS',
  'NOT_READABLE', 'NOT_SUPPORTED', 'INVALID_OPERATION', 'OPERATION_ABORTED',
  'WEB_SECURITY_RESTRICT', 'EXCHANGE_SDP_FAILED', 'ADD_CANDIDATE_FAILED', 'DATACHANNEL_FAILED',
  'NETWORK_ERROR', 'NETWORK_TIMEOUT', 'NETWORK_RESPONSE_ERROR', 'API_INVOKE_TIMEOUT',
  'ENUMERATE_DEVICES_FAILED', 'DEVICE_NOT_FOUND', 'ELECTRON_IS_NULL',
  'ELECTRON_DESKTOP_CAPTURER_GET_SOURCES_ERROR', 'CHROME_PLUGIN_NO_RESPONSE',
  'CHROME_PLUGIN_NOT_INSTALL', 'MEDIA_OPTION_INVALID', 'PERMISSION_DENIED',
  'CONSTRAINT_NOT_SATISFIED', 'TRACK_IS_DISABLED', 'GET_VIDEO_ELEMENT_VISIBLE_ERROR',
  'SHARE_AUDIO_NOT_ALLOWED', 'LOW_STREAM_ENCODING_ERROR', 'SET_ENCODING_PARAMETER_ERROR',
  'TRACK_STATE_UNREACHABLE', 'INVALID_UINT_UID_FROM_STRING_UID', 'CAN_NOT_GET_PROXY_SERVER',
  'CAN_NOT_GET_GATEWAY_SERVER', 'VOID_GATEWAY_ADDRESS', 'UID_CONFLICT',
  'MULTI_UNILBS_RESPONSE_ERROR', 'UPDATE_TICKET_FAILED', 'TOKEN_EXPIRE', 'INVALID_LOCAL_TRACK',
  'INVALID_TRACK', 'SENDER_NOT_FOUND', 'CREATE_OFFER_FAILED', 'SET_ANSWER_FAILED', 'ICE_FAILED',
  'PC_CLOSED', 'SENDER_REPLACE_FAILED', 'GET_LOCAL_CAPABILITIES_FAILED',
  'GET_LOCAL_CONNECTION_PARAMS_FAILED', 'SUBSCRIBE_FAILED', 'UNSUBSCRIBE_FAILED',
  'GATEWAY_P2P_LOST', 'NO_ICE_CANDIDATE', 'CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS',
  'EXIST_DISABLED_VIDEO_TRACK', 'INVALID_REMOTE_USER', 'REMOTE_USER_IS_NOT_PUBLISHED',
  'CUSTOM_REPORT_SEND_FAILED', 'CUSTOM_REPORT_FREQUENCY_TOO_HIGH', 'FETCH_AUDIO_FILE_FAILED',
  'READ_LOCAL_AUDIO_FILE_ERROR', 'DECODE_AUDIO_FILE_FAILED', 'WS_ABORT', 'WS_DISCONNECT', 'WS_ERR',
  'EXTERNAL_SIGNAL_ABORT', 'LIVE_STREAMING_TASK_CONFLICT', 'LIVE_STREAMING_INVALID_ARGUMENT',
  'LIVE_STREAMING_INTERNAL_SERVER_ERROR', 'LIVE_STREAMING_PUBLISH_STREAM_NOT_AUTHORIZED',
  'LIVE_STREAMING_TRANSCODING_NOT_SUPPORTED', 'LIVE_STREAMING_CDN_ERROR',
  'LIVE_STREAMING_INVALID_RAW_STREAM', 'LIVE_STREAMING_WARN_STREAM_NUM_REACH_LIMIT',
  'LIVE_STREAMING_WARN_FAILED_LOAD_IMAGE', 'LIVE_STREAMING_WARN_FREQUENT_REQUEST',
  'WEBGL_INTERNAL_ERROR', 'BEAUTY_PROCESSOR_INTERNAL_ERROR', 'CROSS_CHANNEL_WAIT_STATUS_ERROR',
  'CROSS_CHANNEL_FAILED_JOIN_SRC', 'CROSS_CHANNEL_FAILED_JOIN_DEST',
  'CROSS_CHANNEL_FAILED_PACKET_SENT_TO_DEST', 'CROSS_CHANNEL_SERVER_ERROR_RESPONSE',
  'METADATA_OUT_OF_RANGE', 'LOCAL_AEC_ERROR', 'INVALID_PLUGIN', 'DISCONNECT_P2P',
  'CONVERTING_IMAGEDATA_TO_BLOB_FAILED', 'CONVERTING_VIDEO_FRAME_TO_BLOB_FAILED',
  'INIT_DATACHANNEL_TIMEOUT', 'CREATE_DATACHANNEL_ERROR', 'DATACHANNEL_CONNECTION_TIMEOUT',
  'PROHIBITED_OPERATION', 'IMAGE_MODERATION_UPLOAD_FAILED', 'P2P_MESSAGE_FAILED',
);

/** The enumerations that AgoraRTC has as properties. */
const ENUMERATIONS = Object.freeze({
  AREAS,
  AudienceLatencyLevelType,
  ChannelMediaRelayError,
  ChannelMediaRelayEvent,
  ChannelMediaRelayState,
  ConnectionDisconnectedReason,
  RemoteStreamFallbackType,
  RemoteStreamType,
});

/** @param {string[]} names @returns {Readonly<Record<string, string>>} each name to itself */
function named(...names) {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}

/** @template {Record<string, number>} Values
 * @param {Values} values @returns {Readonly<Values & Record<number, string>>} and the numbers to names */
function numbered(values) {
  const names = Object.entries(values).map(([name, value]) => [value, name]);
  return Object.freeze({ ...Object.fromEntries(names), ...values });
}

// ---- remotetrack.js
/** What comes back: the swapped picture, and the sound in step with it. */


/** A track that another user publishes. */
class RemoteTrack extends Track {
  /** @param {import('./track.js').Stage} stage @param {MediaStreamTrack} media @param {number} uid */
  constructor(stage, media, uid) {
    super(stage, media);
    this.uid = uid;
  }

  getUserId() {
    return this.uid;
  }

  /** Go on with another connection's media. @param {import('./track.js').Link} link */
  renew(link) {
    this.attach(link);
    this.replaceMedia(link.transceiver.receiver.track);
  }

  /** @override */
  noStatistics() {
    const none = new Statistics();
    return this.trackMediaType === 'audio' ? none.remoteAudio() : none.remoteVideo();
  }

  /** No more, as after unsubscribe. */
  end() {
    this.stop();
    this.link = null;
  }
}

class RemoteVideoTrack extends withPictures(RemoteTrack) {
  /** @type {number} */
  #state = VideoState.VideoStateStarting;
  #decoded = 0;
  #firstTold = false;

  /** @param {number} framesDecoded so far; asked once a second */
  progress(framesDecoded) {
    const moving = framesDecoded > this.#decoded;
    this.#decoded = framesDecoded;
    if (moving) this.pictureShown();
    if (moving) this.#become(VideoState.VideoStateDecoding);
    else if (this.#firstTold) this.#become(VideoState.VideoStateFrozen);
  }

  pictureShown() {
    if (this.#firstTold) return;
    this.#firstTold = true;
    this.emit('first-frame-decoded');
  }

  end() {
    super.end();
    this.#become(VideoState.VideoStateStopped);
  }

  /** @param {number} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('video-state-changed', state);
  }
}

class RemoteAudioTrack extends withSound(RemoteTrack) {
  /** @param {number} volume 0 to 100 */
  setVolume(volume) {
    requireParameter(volume >= 0, 'volume is negative');
    this.player.volume = volume;
  }

  /** @param {number} volume */
  setAmplifiedVolume(volume) {
    this.setVolume(volume);
  }

  getVolume() {
    return this.player.volume;
  }

  end() {
    super.end();
    this.deafen();
  }
}

// ---- remoteusers.js
/** Who else is in the channel, what they publish, and what of it is subscribed. */


/** @typedef {'audio' | 'video'} Kind */

/** Somebody else in the channel. */
class RemoteUser {
  hasAudio = false;
  hasVideo = false;
  /** @type {RemoteAudioTrack | undefined} */
  audioTrack = undefined;
  /** @type {RemoteVideoTrack | undefined} */
  videoTrack = undefined;
  /** @type {never[]} */
  dataChannels = [];

  /** @param {number} uid */
  constructor(uid) {
    this.uid = uid;
  }

  /** @param {Kind} kind */
  publishes(kind) {
    return kind === 'audio' ? this.hasAudio : this.hasVideo;
  }

  /** @param {Kind} kind @param {boolean} published */
  setPublished(kind, published) {
    if (kind === 'audio') this.hasAudio = published;
    else this.hasVideo = published;
  }

  /** @param {Kind} kind */
  track(kind) {
    return kind === 'audio' ? this.audioTrack : this.videoTrack;
  }

  /** Stop and forget a track. @param {Kind} kind */
  endTrack(kind) {
    this.track(kind)?.end();
    if (kind === 'audio') this.audioTrack = undefined;
    else this.videoTrack = undefined;
  }
}

class RemoteUsers {
  #stage;
  #statistics;
  /** @type {RemoteUser[]} */
  #users = [];
  /** @type {import('./connection.js').PeerLink | null} */
  #link = null;
  #ownVoice = false;
  /** @type {import('./label.js').LabelWords | null} */
  #words = null;

  /**
   * @param {import('./track.js').Stage} stage
   * @param {(kind: Kind) => any} statistics of the received track
   */
  constructor(stage, statistics) {
    this.#stage = stage;
    this.#statistics = statistics;
  }

  get list() {
    return [...this.#users];
  }

  /** Whether what comes is the sound that this page sends: it is not played to who speaks.
   * @param {boolean} own */
  set ownVoice(own) {
    this.#ownVoice = own;
    for (const { audioTrack } of this.#users) if (audioTrack) audioTrack.player.silent = own;
  }

  /** Have every picture labelled here. @param {import('./label.js').LabelWords} words */
  label(words) {
    this.#words = words;
    for (const { videoTrack } of this.#users) if (videoTrack) this.#label(videoTrack);
  }

  /** @param {RemoteVideoTrack} track */
  #label(track) {
    track.label(this.#words, (drawn) => this.#link?.send({ type: 'label-drawn', drawn }));
  }

  /** @param {number | string} uid @returns {RemoteUser | undefined} */
  find(uid) {
    return this.#users.find((user) => String(user.uid) === String(uid));
  }

  /** @param {number} uid @returns {RemoteUser} */
  add(uid) {
    const user = new RemoteUser(uid);
    this.#users.push(user);
    return user;
  }

  /** @param {RemoteUser} user */
  remove(user) {
    user.endTrack('audio');
    user.endTrack('video');
    this.#users = this.#users.filter((kept) => kept !== user);
  }

  clear() {
    for (const user of this.list) this.remove(user);
    this.#link = null;
    this.#words = null;
  }

  /** Subscribed tracks go on with another connection. @param {import('./connection.js').PeerLink} link */
  resume(link) {
    this.#link = link;
    for (const user of this.#users) {
      user.audioTrack?.renew(this.#linkOf('audio', link));
      user.videoTrack?.renew(this.#linkOf('video', link));
    }
  }

  /** @param {RemoteUser | number | string} user or the uid @returns {RemoteUser} */
  require(user) {
    const uid = typeof user === 'object' ? user?.uid : user;
    const found = this.find(uid);
    if (!found) throw new AgoraRTCError('INVALID_REMOTE_USER', 'user is not in the channel');
    return found;
  }

  /** @param {RemoteUser} user @param {Kind} kind @returns {RemoteAudioTrack | RemoteVideoTrack} */
  subscribe(user, kind) {
    if (!user.publishes(kind)) {
      throw new AgoraRTCError('REMOTE_USER_IS_NOT_PUBLISHED', `the user has published no ${kind}`);
    }
    const known = user.track(kind);
    if (known) return known;
    const link = this.#linkOf(kind, /** @type {import('./connection.js').PeerLink} */ (this.#link));
    const media = link.transceiver.receiver.track;
    const Type = kind === 'audio' ? RemoteAudioTrack : RemoteVideoTrack;
    const track = new Type(this.#stage, media, user.uid);
    track.attach(link);
    if (track instanceof RemoteAudioTrack) {
      track.player.silent = this.#ownVoice;
      user.audioTrack = track;
    } else {
      user.videoTrack = track;
      this.#label(track);
    }
    return track;
  }

  /** @param {Kind} kind @param {import('./connection.js').PeerLink} link @returns {import('./track.js').Link} */
  #linkOf(kind, link) {
    return {
      transceiver: link.transceivers[kind],
      statistics: () => this.#statistics(kind),
      mediaChanged: async () => {},
      encodingChanged: async () => {},
      closed: () => {},
    };
  }
}

// ---- measured.js
/** The part of a client that can be measured: who sends and is received, and the figures. */


const VOLUME_MS = 2000;

/** @typedef {'audio' | 'video'} Kind */

/** Base of the client; `connectionState`, `link` and `unpublish` are the client's own. */
class MeasuredClient extends CloudClient {
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

// ---- presence.js
/** What the server tells about the others in the channel becomes users, tracks and events. */

/** @typedef {import('./remoteusers.js').RemoteUser} RemoteUser */
/** @typedef {'audio' | 'video'} Kind */

const KINDS_TOLD = /** @type {const} */ (['audio', 'video']);

class Presence {
  #users;
  #statistics;
  #emit;
  /** @type {any[]} messages that came before the page could act on them */
  #early = [];
  #open = false;
  /** What join was asked for. */
  options = { autoSubscribe: false, autoReceiveAndPlayAudio: false };

  /**
   * @param {import('./remoteusers.js').RemoteUsers} users
   * @param {import('./statistics.js').Statistics} statistics
   * @param {(event: string, ...values: any[]) => void} emit
   */
  constructor(users, statistics, emit) {
    this.#users = users;
    this.#statistics = statistics;
    this.#emit = emit;
  }

  /** @param {any} message */
  hear(message) {
    if (this.#open) this.#act(message);
    else this.#early.push(message);
  }

  /** Keep what is told until `open`. */
  hold() {
    this.#open = false;
  }

  open() {
    this.#open = true;
    const messages = this.#early;
    this.#early = [];
    for (const message of messages) this.hear(message);
  }

  clear() {
    this.#open = false;
    this.#early = [];
    this.#users.clear();
  }

  /** The session is over for everybody. */
  everybodyLeft() {
    for (const user of this.#users.list) this.#left(user, 'Quit');
  }

  /** @param {any} message */
  #act(message) {
    const { type, uid, media } = message;
    const user = uid === undefined ? undefined : this.#users.find(uid);
    if (type === 'user-joined' && !user) this.#joined(uid);
    if (type === 'user-published') this.#published(user ?? this.#joined(uid), media);
    if (type === 'user-unpublished' && user) this.#unpublished(user, media);
    if (type === 'user-left' && user) this.#left(user, message.reason ?? 'Quit');
    if (type === 'statistics') this.#statistics.serverLatency = message.latency_ms ?? 0;
    if (type === 'refused') console.warn(`AgoraRTC: the server refuses the picture: ${message.text}`);
    if (type === 'stream-message') this.#emit('stream-message', uid, bytesOf(message.data));
    if (type === 'label') this.#users.label(message);
    if (type === 'statement') this.#emit('stream-message', uid, jsonBytes(message));
  }

  /** @param {number} uid @returns {RemoteUser} */
  #joined(uid) {
    const user = this.#users.add(uid);
    this.#emit('user-joined', user);
    return user;
  }

  /** @param {RemoteUser} user @param {Kind} kind */
  #published(user, kind) {
    if (user.publishes(kind)) return;
    user.setPublished(kind, true);
    if (this.options.autoSubscribe) {
      const track = this.#users.subscribe(user, kind);
      if (kind === 'audio' && this.options.autoReceiveAndPlayAudio) track.play('');
    }
    this.#emit('user-published', user, kind);
  }

  /** @param {RemoteUser} user @param {Kind} kind */
  #unpublished(user, kind) {
    if (!user.publishes(kind)) return;
    user.setPublished(kind, false);
    user.endTrack(kind);
    this.#emit('user-unpublished', user, kind);
  }

  /** @param {RemoteUser} user @param {string} reason */
  #left(user, reason) {
    for (const kind of KINDS_TOLD) this.#unpublished(user, kind);
    this.#users.remove(user);
    this.#emit('user-left', user, reason);
  }
}

/** What the server has signed comes as another user's message would: JSON, as bytes.
 * @param {object} message @returns {Uint8Array} */
function jsonBytes(message) {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** @param {string} text base64 @returns {Uint8Array} */
function bytesOf(text) {
  return Uint8Array.from(atob(text ?? ''), (character) => character.charCodeAt(0));
}

// ---- server.js
/** Where Mien is, and what a client asks of it. */


const CREATE_PATH = '/faceswap/live/create';
const GOOD = 1000;
const REFUSED = Object.freeze([1008, 1009, 1101, 1102, 1200]);
const REQUEST_MS = 20_000;
const LEAVE_MS = 3000;

/**
 * Knows the addresses at which the server may be. The first that holds one counts: what the page
 * named, the `server` in the script's own address, where the page has created its session (the
 * browser keeps a list of what was loaded), and the origins of the script and of the page.
 */
class ServerFinder {
  /** What the page named. */
  named = '';
  #script = '';
  #created = '';
  /** @type {PerformanceObserver | null} */
  #observer = null;

  /** Begin to notice where sessions are created; the browser's own list may overflow. */
  watch() {
    if (typeof PerformanceObserver === 'undefined') return;
    this.#observer = new PerformanceObserver((list) => this.#notice(list.getEntries()));
    this.#observer.observe({ type: 'resource', buffered: true });
  }

  /** @param {string} address of the script itself */
  loadedFrom(address) {
    this.#script = address;
  }

  /** @returns {string[]} base addresses, best first */
  candidates() {
    this.#notice(this.#observer?.takeRecords() ?? []);
    const named = this.named || globalThis.MIEN_SERVER || queryOf(this.#script);
    if (named) return [named.replace(/\/+$/, '')];
    const origins = [this.#created, originOf(this.#script), originOf(globalThis.location?.href)];
    return [...new Set(origins.filter(Boolean))];
  }

  /** @param {PerformanceEntryList} entries */
  #notice(entries) {
    for (const { name } of entries) {
      const path = name.split(/[?#]/)[0];
      if (path.endsWith(CREATE_PATH)) this.#created = originOf(path);
    }
  }
}

/** @param {string} [address] @returns {string} empty for file: and the like */
function originOf(address) {
  return /^https?:/.test(address ?? '') ? new URL(/** @type {string} */ (address)).origin : '';
}

/** @param {string} address @returns {string} */
function queryOf(address) {
  return /^https?:|^file:/.test(address) ? (new URL(address).searchParams.get('server') ?? '') : '';
}

/** One channel of the server, and the token that opens it. */
class Channel {
  #finder;
  #path;
  #base = '';

  /** @param {ServerFinder} finder @param {string} channel @param {string} token */
  constructor(finder, channel, token) {
    this.#finder = finder;
    this.#path = `/v1/channels/${encodeURIComponent(channel)}`;
    this.token = token;
  }

  /** @param {string} [token] another one, to see whether it is accepted
   * @returns {Promise<RTCIceServer[]>} */
  async iceServers(token = this.token) {
    return (await this.#ask('GET', '/ice', { token })).ice_servers ?? [];
  }

  /**
   * @param {string} sdp @param {number | null} uid
   * @returns {Promise<{peer_id: string, sdp: string, uid: number, algorithm_user_id: string}>}
   */
  join(sdp, uid) {
    return this.#ask('POST', '/join', { json: { sdp, uid } });
  }

  /** @param {string} peerId @param {string} fragment candidates, RFC 8840 */
  async trickle(peerId, fragment) {
    await this.#send('PATCH', `/peers/${peerId}`, { fragment });
  }

  /** @param {string} peerId @param {boolean} [leaving] the page is going away */
  async leave(peerId, leaving = false) {
    await this.#send('DELETE', `/peers/${peerId}`, { leaving });
  }

  /**
   * Ask the first address that answers as Mien does.
   * @param {string} method @param {string} path @param {RequestParts} [parts] @returns {Promise<any>}
   */
  async #ask(method, path, parts = {}) {
    const bases = this.#base ? [this.#base] : this.#finder.candidates();
    for (const base of bases) {
      const answer = await this.#send(method, path, parts, base);
      if (!answer) continue;
      this.#base = base;
      if (answer.code === GOOD) return answer.data;
      throw refusal(answer);
    }
    const tried = bases.join(', ') || 'no address';
    throw new AgoraRTCError(
      'NETWORK_ERROR',
      `no Mien server answers at ${tried}. Name it: AgoraRTC.setParameter("MIEN_SERVER", "https://...")`,
    );
  }

  /**
   * @typedef {object} RequestParts
   * @property {string} [token] @property {object} [json] @property {string} [fragment]
   * @property {boolean} [leaving]
   */

  /**
   * @param {string} method @param {string} path @param {RequestParts} parts
   * @returns {Promise<{code: number, msg: string, data?: any} | null>} null when it isn't Mien's
   */
  async #send(method, path, { token = this.token, json, fragment, leaving }, base = this.#base) {
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${token}` };
    if (json) headers['Content-Type'] = 'application/json';
    if (fragment) headers['Content-Type'] = 'application/trickle-ice-sdpfrag';
    const body = json ? JSON.stringify(json) : fragment;
    const patience = method === 'DELETE' ? LEAVE_MS : REQUEST_MS;
    const signal = leaving ? undefined : AbortSignal.timeout(patience);
    try {
      const url = base + this.#path + path;
      const response = await fetch(url, { method, headers, body, signal, keepalive: leaving });
      const answer = await response.json();
      return typeof answer?.code === 'number' ? answer : null;
    } catch {
      return null; // unreachable, or something else than Mien
    }
  }
}

/** @param {{code: number, msg: string}} answer @returns {AgoraRTCError} */
function refusal({ code, msg }) {
  const name = REFUSED.includes(code) ? 'CAN_NOT_GET_GATEWAY_SERVER' : 'UNEXPECTED_RESPONSE';
  return new AgoraRTCError(name, msg, { code });
}

// ---- connection.js
/** One peer connection: sound and pictures both ways, and a channel on which the server tells. */


const GATHER_MS = 1000;
const CONNECT_MS = 15_000;
const HEARTBEAT_MS = 1000;
// Looked at with each beat: a dead server is known within three.
const DEAD_MS = 2500;

/**
 * @typedef {object} PeerOptions
 * @property {RTCIceServer[]} iceServers
 * @property {RTCIceTransportPolicy} [iceTransportPolicy]
 * @property {string} codec of the picture: vp8, h264, ...
 * @property {(message: {type: string, [field: string]: any}) => void} onMessage
 * @property {(now: RTCPeerConnectionState, before: RTCPeerConnectionState) => void} onState
 */

/** `lost` settles once, with the reason, when the connection is dead or closed. */
class PeerLink {
  #peer;
  #channel;
  #options;
  /** @type {RTCPeerConnectionState} */
  #state = 'new';
  #heard = 0;
  #ticked = 0;
  #pings = 0;
  #timer = 0;
  /** @type {(reason: string) => void} */
  #lose = () => {};

  /** @param {PeerOptions} options */
  constructor(options) {
    this.#options = options;
    /** @type {Promise<string>} */
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    const { iceServers, iceTransportPolicy } = options;
    const bundlePolicy = 'max-bundle';
    this.#peer = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy });
    this.#peer.onconnectionstatechange = () => this.#stateChanged();
    const stream = new MediaStream();
    const both = /** @type {RTCRtpTransceiverInit} */ ({ direction: 'sendrecv', streams: [stream] });
    /** @type {Record<string, RTCRtpTransceiver>} */
    this.transceivers = {
      audio: this.#peer.addTransceiver('audio', both),
      video: this.#peer.addTransceiver('video', both),
    };
    prefer(this.transceivers.video, options.codec);
    showAtOnce(this.transceivers.video.receiver);
    this.#channel = this.#peer.createDataChannel('events');
    this.#channel.onopen = () => this.#startHeartbeat();
    this.#channel.onclose = () => this.#lose('channel closed');
    this.#channel.onmessage = ({ data }) => this.#take(data);
  }

  /**
   * Offer, be answered, and wait until media can flow.
   * @param {(sdp: string) => Promise<{sdp: string}>} exchange sends the offer
   * @param {(fragment: string) => void} trickle sends candidates that come later
   */
  async open(exchange, trickle) {
    const peer = this.#peer;
    await peer.setLocalDescription();
    await gathered(peer);
    const local = /** @type {RTCSessionDescription} */ (peer.localDescription).sdp;
    if (peer.iceGatheringState !== 'complete') this.#trickleLater(local, trickle);
    const { sdp } = await exchange(withoutLocalNames(local));
    try {
      await peer.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      throw new AgoraRTCError('EXCHANGE_SDP_FAILED', String(error));
    }
    await Promise.race([connected(peer), this.lost.then(aborted)]);
  }

  /** @returns {Promise<RTCStatsReport>} */
  statistics() {
    return this.#peer.getStats();
  }

  /** @param {object} message dropped while the channel is not open */
  send(message) {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(message));
  }

  close() {
    clearInterval(this.#timer);
    this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    this.#lose('closed here');
  }

  #stateChanged() {
    const now = this.#peer.connectionState;
    const before = this.#state;
    this.#state = now;
    if (now !== before) this.#options.onState(now, before);
    if (now === 'failed' || now === 'closed') this.#lose(now);
  }

  #startHeartbeat() {
    this.#heard = this.#ticked = performance.now();
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  #beat() {
    const now = performance.now();
    // A machine that slept has heard nothing and is owed one more chance.
    if (now - this.#ticked > 2 * HEARTBEAT_MS) this.#heard = now;
    this.#ticked = now;
    if (now - this.#heard > DEAD_MS) this.#lose('no answer');
    else this.send({ type: 'ping', t: ++this.#pings });
  }

  /** @param {unknown} data */
  #take(data) {
    this.#heard = performance.now();
    const message = readMessage(data);
    if (message && message.type !== 'pong') this.#options.onMessage(message);
  }

  /** @param {string} sdp the offer @param {(fragment: string) => void} trickle */
  #trickleLater(sdp, trickle) {
    const user = /a=ice-ufrag:\S+/.exec(sdp)?.[0];
    const password = /a=ice-pwd:\S+/.exec(sdp)?.[0];
    this.#peer.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate || candidate.candidate.includes('.local ')) return;
      const lines = [user, password, `m=audio 9 UDP/TLS/RTP/SAVPF 0`, `a=mid:${candidate.sdpMid}`];
      trickle([...lines, `a=${candidate.candidate}`, ''].join('\r\n'));
    };
  }
}

/** @param {string} reason @returns {never} */
function aborted(reason) {
  throw new AgoraRTCError('OPERATION_ABORTED', `the connection ended: ${reason}`);
}

/** @param {unknown} data @returns {{type: string, [field: string]: any} | null} */
function readMessage(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** @param {RTCRtpTransceiver} transceiver @param {string} codec */
function prefer(transceiver, codec) {
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const first = all.filter((one) => one.mimeType.toLowerCase() === `video/${codec}`);
  const rest = all.filter((one) => !first.includes(one));
  if (first.length) transceiver.setCodecPreferences([...first, ...rest]);
}

/** The server asks for no delay by a header extension; this is for browsers without it.
 * @param {RTCRtpReceiver} receiver */
function showAtOnce(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
}

/**
 * Names ending in .local hide this machine's addresses and take the server a second to look up in
 * vain; it learns the address from the first packet.
 * @param {string} sdp @returns {string}
 */
function withoutLocalNames(sdp) {
  const lines = sdp.split('\r\n');
  return lines.filter((line) => !/^a=candidate:.* \S+\.local /.test(line)).join('\r\n');
}

/** @param {RTCPeerConnection} peer @returns {Promise<void>} */
function gathered(peer) {
  return new Promise((resolve) => {
    const check = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', check);
    setTimeout(resolve, GATHER_MS);
    check();
  });
}

/** @param {RTCPeerConnection} peer @returns {Promise<void>} */
function connected(peer) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new AgoraRTCError('ICE_FAILED', 'no way for the media was found'));
    const check = () => {
      if (peer.connectionState === 'connected') resolve();
      if (['failed', 'closed'].includes(peer.connectionState)) fail();
    };
    peer.addEventListener('connectionstatechange', check);
    setTimeout(fail, CONNECT_MS);
    check();
  });
}

// ---- session.js
/** A channel that is kept joined: opened, joined again with the same token when the way is lost. */


const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const FIRST_JOIN_TRIES = 3;

/** After these joining again can't help: the session is gone, or the token is not accepted. */
const FINAL = Object.freeze(['CAN_NOT_GET_GATEWAY_SERVER', 'INVALID_PARAMS', 'NOT_SUPPORTED']);

/**
 * @typedef {object} SessionOptions
 * @property {import('./server.js').Channel} channel
 * @property {number | null} uid
 * @property {string} codec
 * @property {{servers: RTCIceServer[], relayOnly: boolean}} turn what the page has set
 * @property {(link: PeerLink) => Promise<void>} onLink a connection stands; media may be added
 * @property {() => void} onLost
 * @property {(error: AgoraRTCError) => void} onEnded joining again was refused
 * @property {(message: {type: string, [field: string]: any}) => void} onMessage
 * @property {(now: RTCPeerConnectionState, before: RTCPeerConnectionState) => void} onPeerState
 */

class Session {
  #options;
  #peerId = '';
  #closed = false;
  #wake = () => {};
  /** @type {Promise<void>} settled unless the page was put aside */
  #shown = Promise.resolve();
  #show = () => {};
  /** @type {PeerLink | null} */
  link = null;

  /** @param {SessionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get channel() {
    return this.#options.channel;
  }

  /** Join, and stay joined until `close`. @returns {Promise<number>} the uid */
  async open() {
    for (let tries = 1, wait = FIRST_WAIT_MS; ; tries += 1, wait *= 2) {
      try {
        const uid = await this.#connect();
        globalThis.addEventListener?.('pagehide', this.#pageHides);
        globalThis.addEventListener?.('pageshow', this.#pageShows);
        this.#keep();
        return uid;
      } catch (error) {
        const { code } = /** @type {AgoraRTCError} */ (error);
        if (code !== 'NETWORK_ERROR' || tries === FIRST_JOIN_TRIES || this.#closed) throw error;
      }
      await this.#pause(wait);
    }
  }

  /** Leave. */
  async close() {
    if (this.#closed) return;
    this.#over();
    this.#wake();
    // First the word, then the way: a server that finds the way gone has nobody to say goodbye to.
    if (this.#peerId) await this.channel.leave(this.#peerId);
    this.link?.close();
  }

  /** The page goes away for good, or is put aside and may be shown again. */
  #pageHides = () => {
    this.#shown = new Promise((resolve) => {
      this.#show = resolve;
    });
    if (this.#peerId) this.channel.leave(this.#peerId, true);
    this.link?.close();
  };

  /** @param {PageTransitionEvent} event */
  #pageShows = ({ persisted }) => {
    if (persisted) this.#show();
  };

  #over() {
    this.#closed = true;
    this.#show();
    globalThis.removeEventListener?.('pagehide', this.#pageHides);
    globalThis.removeEventListener?.('pageshow', this.#pageShows);
  }

  /** @returns {Promise<number>} */
  async #connect() {
    const { channel, uid, codec, turn, onMessage, onPeerState, onLink } = this.#options;
    const iceServers = [...(await channel.iceServers()), ...turn.servers];
    this.#mustGoOn();
    const iceTransportPolicy = turn.relayOnly ? 'relay' : 'all';
    const link = new PeerLink({
      iceServers, iceTransportPolicy, codec, onMessage, onState: onPeerState,
    });
    this.link = link;
    try {
      let joinedAs = 0;
      const exchange = async (/** @type {string} */ sdp) => {
        const answer = await channel.join(sdp, uid);
        this.#peerId = answer.peer_id;
        joinedAs = answer.uid;
        return answer;
      };
      await link.open(exchange, (fragment) => channel.trickle(this.#peerId, fragment));
      this.#mustGoOn();
      await onLink(link);
      return joinedAs;
    } catch (error) {
      link.close();
      if (this.#closed && this.#peerId) await channel.leave(this.#peerId);
      throw this.#closed ? left() : error;
    }
  }

  async #keep() {
    while (!this.#closed) {
      await this.link?.lost;
      await this.#shown;
      if (this.#closed) return;
      this.link?.close();
      this.#options.onLost();
      await this.#joinAgain();
    }
  }

  async #joinAgain() {
    for (let wait = 0; !this.#closed; wait = longer(wait)) {
      await this.#pause(wait);
      await this.#shown;
      if (this.#closed) return;
      try {
        await this.#connect();
        return;
      } catch (error) {
        const failure = /** @type {AgoraRTCError} */ (error);
        if (this.#closed || FINAL.includes(failure.code)) return this.#end(failure);
      }
    }
  }

  /** @param {AgoraRTCError} failure */
  #end(failure) {
    const told = this.#closed;
    this.#over();
    if (!told) this.#options.onEnded(failure);
  }

  #mustGoOn() {
    if (this.#closed) throw left();
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }
}

/** @returns {AgoraRTCError} */
function left() {
  return new AgoraRTCError('OPERATION_ABORTED', 'the client has left meanwhile');
}

/** @param {number} wait @returns {number} milliseconds */
function longer(wait) {
  return wait ? Math.min(2 * wait, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
}

// ---- token.js
/** Reads an AccessToken2 ("007"), to know when it runs out. Whether it is genuine the server says. */

const VERSION_PREFIX = '007';
const RTC_SERVICE = 1;
const JOIN_PRIVILEGE = 1;

/**
 * @typedef {object} TokenClaims
 * @property {string} appId
 * @property {string} channel
 * @property {string} uid empty for any
 * @property {number} expiresAt seconds since the epoch
 */

/** @param {string} token @returns {Promise<TokenClaims | null>} null for another form of token */
async function readToken(token) {
  if (!token.startsWith(VERSION_PREFIX)) return null;
  try {
    const packed = Uint8Array.from(atob(token.slice(VERSION_PREFIX.length)), (c) => c.charCodeAt(0));
    return readClaims(new LittleEndian(await inflate(packed)));
  } catch {
    return null;
  }
}

/** @param {Uint8Array<ArrayBuffer>} packed zlib @returns {Promise<ArrayBuffer>} */
function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

/** @param {LittleEndian} read @returns {TokenClaims} */
function readClaims(read) {
  read.text(); // the signature
  const appId = read.text();
  const issuedAt = read.u32();
  const claims = { appId, channel: '', uid: '', expiresAt: issuedAt + read.u32() };
  read.u32(); // the salt
  for (let services = read.u16(); services > 0; services -= 1) {
    const type = read.u16();
    const privileges = read.privileges();
    if (type !== RTC_SERVICE) break; // others have other fields, and come after it
    claims.channel = read.text();
    claims.uid = read.text();
    const joinFor = privileges.get(JOIN_PRIVILEGE);
    if (joinFor) claims.expiresAt = Math.min(claims.expiresAt, issuedAt + joinFor);
  }
  return claims;
}

class LittleEndian {
  #view;
  #at = 0;

  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.#view = new DataView(bytes);
  }

  u16() {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32() {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  text() {
    const length = this.u16();
    this.#at += length;
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#at - length, length));
  }

  /** @returns {Map<number, number>} privilege to seconds of validity */
  privileges() {
    const found = new Map();
    for (let count = this.u16(); count > 0; count -= 1) found.set(this.u16(), this.u32());
    return found;
  }
}

// ---- tokenclock.js
/** Tells half a minute before a token runs out, and when it has. */

const WARNING_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

class TokenClock {
  #tell;
  #expiresAt = Infinity;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];

  /** @param {{willExpire: () => void, didExpire: () => void}} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  get expired() {
    return Date.now() >= this.#expiresAt;
  }

  /** @param {import('./token.js').TokenClaims | null} claims of a token that was accepted just now */
  set(claims) {
    this.clear();
    const left = (claims?.expiresAt ?? Infinity) * 1000 - Date.now();
    // Accepted and yet over: the clocks differ, so only the server knows.
    if (left <= 0 || left > LONGEST_TIMER_MS) return;
    this.#expiresAt = Date.now() + left;
    this.#timers = [
      setTimeout(this.#tell.willExpire, Math.max(0, left - WARNING_MS)),
      setTimeout(this.#tell.didExpire, left),
    ];
  }

  clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#expiresAt = Infinity;
  }
}

// ---- client.js
/** The SDK's client: one person in one channel. */


const MODES = ['rtc', 'live', 'p2p'];
const CODECS = ['vp8', 'vp9', 'h264', 'h265', 'av1'];
const ROLES = ['audience', 'host'];
const KINDS = /** @type {const} */ (['audio', 'video']);

/** @typedef {'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTING'} State */
/** @typedef {'audio' | 'video'} Kind */

class AgoraRTCClient extends MeasuredClient {
  #world;
  #presence;
  #tokenClock = new TokenClock({
    willExpire: () => this.emit('token-privilege-will-expire'),
    didExpire: () => this.#tokenExpired(),
  });
  /** @type {Session | null} */
  #session = null;
  /** @type {Promise<void> | null} while it goes on */
  #leaving = null;
  #leaves = 0;
  /** @type {Promise<unknown>} changes of what is published take turns */
  #publishing = Promise.resolve();
  /** @type {State} */
  #state = 'DISCONNECTED';
  #appId = '';
  #turn = { servers: /** @type {RTCIceServer[]} */ ([]), relayOnly: false };
  /** @type {string | undefined} */
  channelName = undefined;
  /** @type {never[]} */
  localDataChannels = [];

  /**
   * @param {import('./agora.js').World} world
   * @param {{mode?: string, codec?: string, role?: string, turnServer?: object}} [config]
   */
  constructor(world, { mode = 'rtc', codec = 'vp8', role, turnServer } = {}) {
    super(world);
    requireOneOf(MODES, mode, 'config.mode');
    requireOneOf(CODECS, codec, 'config.codec');
    if (role !== undefined) requireOneOf(ROLES, role, 'config.role');
    this.#world = world;
    this.codec = codec;
    this.audioCodec = 'opus';
    this.mode = mode;
    this.role = mode === 'live' ? (role ?? 'audience') : 'host';
    this.#presence = new Presence(this.users, this.statistics, this.emit.bind(this));
    if (turnServer) this.setTurnServer(turnServer);
  }

  get connectionState() {
    return this.#state;
  }

  get remoteUsers() {
    return this.users.list;
  }

  get localTracks() {
    return this.publications.tracks;
  }

  /**
   * @param {string} appId @param {string} channel @param {string | null} token
   * @param {number | string | null} [wanted] the uid; that of the token when missing
   * @param {{autoSubscribe?: boolean, autoReceiveAndPlayAudio?: boolean}} [options]
   * @returns {Promise<number | string>} the uid
   */
  async join(appId, channel, token, wanted = null, options = {}) {
    const uid = Number.isNaN(wanted) ? null : wanted; // as parseInt makes it of nothing
    checkJoin(appId, channel, token, uid);
    const leaves = this.#leaves;
    if (this.#leaving) await this.#leaving;
    if (leaves !== this.#leaves) throw new AgoraRTCError('OPERATION_ABORTED', 'Client already left');
    if (this.#state !== 'DISCONNECTED') {
      throw new AgoraRTCError('INVALID_OPERATION', 'Client already in connecting/connected state');
    }
    this.#become('CONNECTING');
    this.#presence.hold();
    const session = this.#newSession(new Channel(this.#world.finder, channel, token ?? ''), uid);
    this.#session = session;
    Object.assign(this.#presence.options, { autoSubscribe: false, ...options });
    try {
      const claims = await readToken(token ?? '');
      if (claims) checkClaims(claims, appId, channel, uid);
      const joinedAs = await session.open();
      this.#enter(appId, channel, typeof uid === 'string' ? uid : joinedAs, claims);
      return /** @type {number | string} */ (this.uid);
    } catch (error) {
      this.#abandon(session, error);
      throw error;
    }
  }

  async leave() {
    this.#leaves += 1;
    const session = this.#session;
    if (!session) return this.#leaving ?? undefined;
    this.#session = null;
    this.#become('DISCONNECTING');
    this.#leaving = session.close().finally(() => {
      this.#leaving = null;
      this.#depart('LEAVE');
    });
    return this.#leaving;
  }

  /** The connection that stands now. @override */
  get link() {
    return this.#session?.link ?? null;
  }

  /** @param {any} tracks one, or an array of tracks */
  async publish(tracks) {
    const list = [tracks].flat().map(withoutProxy);
    requireParameter(list.length > 0, 'param list is empty');
    for (const track of list) checkTrack(track);
    if (this.role === 'audience') {
      throw new AgoraRTCError('INVALID_OPERATION', 'audience can not publish stream');
    }
    for (const track of list) checkPublishable(track);
    await this.#inTurn(async () => {
      this.#requireJoined('publish stream');
      for (const track of list) await this.#publishOne(track);
    });
  }

  /** @param {any} [tracks] one, or an array; all when missing */
  async unpublish(tracks) {
    this.#requireJoined('unpublish stream');
    // The page may still walk through localTracks: nothing changes before the next turn.
    await this.#inTurn(async () => {
      const list = tracks ? [tracks].flat().map(withoutProxy) : this.localTracks;
      for (const track of list) {
        if (this.publications.has(track)) await this.publications.remove(track);
      }
      this.users.ownVoice = this.#hearsItself();
    });
  }

  /** @param {any} user or its uid @param {Kind} mediaType */
  async subscribe(user, mediaType) {
    const found = this.users.require(user);
    requireKind(mediaType);
    this.#requireJoined('subscribe stream');
    // As over a network: several parts of a page may ask, and none has the track before the others.
    await new Promise((resolve) => setTimeout(resolve));
    return this.users.subscribe(found, mediaType);
  }

  /** @param {any} uid @param {Kind} mediaType */
  async presubscribe(uid, mediaType) {
    this.#requireJoined('subscribe stream');
    return this.subscribe(uid, mediaType);
  }

  /** @param {any} user or its uid @param {Kind} [mediaType] both when missing */
  async unsubscribe(user, mediaType) {
    const found = this.users.require(user);
    if (mediaType) requireKind(mediaType);
    this.#requireJoined('unsubscribe stream');
    for (const kind of mediaType ? [mediaType] : KINDS) found.endTrack(kind);
  }

  /** @param {{user: any, mediaType: Kind}[]} list */
  async massSubscribe(list) {
    requireParameter(Array.isArray(list), 'subscribeList should be an array');
    this.#requireJoined('subscribe stream');
    return Promise.all(
      list.map(async ({ user, mediaType }) => {
        try {
          return { user, mediaType, track: await this.subscribe(user, mediaType) };
        } catch (error) {
          return { user, mediaType, error };
        }
      }),
    );
  }

  /** @param {{user: any, mediaType?: Kind}[]} list */
  async massUnsubscribe(list) {
    requireParameter(Array.isArray(list), 'unsubscribeList should be an array');
    this.#requireJoined('unsubscribe stream');
    for (const { user, mediaType } of list) await this.unsubscribe(user, mediaType);
  }

  /** @param {string} role 'host' or 'audience' */
  async setClientRole(role) {
    requireOneOf(ROLES, role, 'role');
    if (this.mode === 'rtc') {
      throw new AgoraRTCError('INVALID_OPERATION', 'rtc mode can not use setClientRole');
    }
    if (role === 'audience' && this.localTracks.length > 0) {
      throw new AgoraRTCError('INVALID_OPERATION', 'unpublish before becoming audience');
    }
    this.role = role;
  }

  /** @param {string} token a new one for the same channel and uid */
  async renewToken(token) {
    requireParameter(typeof token === 'string' && token.length > 0, 'token is empty');
    const session = this.#session;
    if (!session || !this.channelName) {
      throw new AgoraRTCError('INVALID_OPERATION', 'renewToken should not be called before user join');
    }
    const claims = await readToken(token);
    if (claims) checkClaims(claims, this.#appId, this.channelName, null);
    await session.channel.iceServers(token);
    session.channel.token = token;
    this.#tokenClock.set(claims);
  }

  /** @param {any} config one TURN server in the SDK's form, or RTCIceServers */
  setTurnServer(config) {
    if (this.#state !== 'DISCONNECTED') {
      throw new AgoraRTCError('INVALID_OPERATION', 'set TURN servers before joining');
    }
    const list = [config].flat();
    this.#turn = {
      servers: list.map(iceServer),
      relayOnly: list.some((server) => server.forceturn === true),
    };
  }

  enableAudioVolumeIndicator() {
    this.monitor.indicateVolume();
  }

  /** @param {string | Uint8Array | {payload: string | Uint8Array}} message */
  async sendStreamMessage(message) {
    this.#requireJoined('send a stream message');
    const payload = /** @type {any} */ (message)?.payload ?? message;
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    const data = btoa(String.fromCharCode(...bytes));
    this.link?.send({ type: 'stream-message', data });
  }

  /** @param {Channel} channel @param {number | string | null} uid */
  #newSession(channel, uid) {
    /** @type {Session} */
    const session = new Session({
      channel,
      uid: uid === null || uid === '' ? null : Number(uid),
      codec: this.codec,
      turn: this.#turn,
      onLink: (link) => this.#resume(session, link),
      onLost: () => this.#lost(session),
      onEnded: (error) => this.#ended(session, error),
      onMessage: (message) => this.#heard(session, message),
      onPeerState: (now, before) => this.emit('peerconnection-state-change', now, before),
    });
    return session;
  }

  /** Joined. @param {string} appId @param {string} channel @param {number | string} uid
   * @param {import('./token.js').TokenClaims | null} claims */
  #enter(appId, channel, uid, claims) {
    this.uid = uid;
    this.channelName = channel;
    this.#appId = appId;
    this.joinedAt = performance.now();
    this.#tokenClock.set(claims);
    this.monitor.start();
    this.#become('CONNECTED');
    // After join's own promise, so that listeners set on the next line hear of everybody.
    const session = this.#session;
    setTimeout(() => session === this.#session && this.#presence.open());
  }

  /** @param {Session} session @param {import('./connection.js').PeerLink} link */
  async #resume(session, link) {
    if (session !== this.#session) return;
    this.users.resume(link);
    await this.publications.resume(link);
    if (this.#state !== 'RECONNECTING') return;
    this.#become('CONNECTED');
    for (const { uid } of this.users.list) this.emit('media-reconnect-end', uid);
    this.#presence.open();
  }

  /** @param {Session} session */
  #lost(session) {
    if (session !== this.#session) return;
    this.statistics.clear();
    this.#presence.hold();
    this.#become('RECONNECTING');
    for (const { uid } of this.users.list) this.emit('media-reconnect-start', uid);
  }

  /** @param {Session} session @param {AgoraRTCError} error */
  #ended(session, error) {
    if (session !== this.#session) return;
    const expired = this.#tokenClock.expired;
    this.#presence.everybodyLeft();
    this.#finish(expired ? 'TOKEN_EXPIRE' : 'SERVER_ERROR');
    if (expired) this.emit('token-privilege-did-expire');
    else console.warn(error.message);
  }

  #tokenExpired() {
    this.#finish('TOKEN_EXPIRE');
    this.emit('token-privilege-did-expire');
  }

  /** Leave because of something else than the page. @param {string} reason */
  #finish(reason) {
    const session = this.#session;
    this.#session = null;
    session?.close();
    this.#depart(reason);
  }

  /** @param {string} reason */
  #depart(reason) {
    this.monitor.stop();
    this.#tokenClock.clear();
    this.#presence.clear();
    this.publications.clear();
    this.#become('DISCONNECTED', reason);
    this.uid = this.channelName = undefined;
    this.joinedAt = NaN;
  }

  /** A join that failed. @param {Session} session @param {unknown} error */
  #abandon(session, error) {
    if (session !== this.#session) return;
    this.#session = null;
    this.#depart(codeOf(error) === 'NETWORK_ERROR' ? 'NETWORK_ERROR' : 'SERVER_ERROR');
  }

  /** @param {Session} session @param {any} message */
  #heard(session, message) {
    if (session !== this.#session) return;
    if (message.type === 'replaced') this.#finish('UID_CONFLICT');
    else this.#presence.hear(message);
  }

  /** @param {any} track */
  async #publishOne(track) {
    if (this.publications.has(track)) return;
    if (kindOf(track) === 'video' && this.publications.of('video').length > 0) {
      throw new AgoraRTCError('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS', 'unpublish the other first');
    }
    await this.publications.add(track);
    this.users.ownVoice = this.#hearsItself();
  }

  #hearsItself() {
    return this.publications.of('audio').length > 0 && this.#world.parameter('MIEN_OWN_VOICE') !== 'play';
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  #inTurn(change) {
    const result = this.#publishing.then(change);
    this.#publishing = result.catch(() => {});
    return result;
  }

  /** @param {State} state @param {string} [reason] */
  #become(state, reason) {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    this.emit('connection-state-change', state, before, reason);
  }

  /** @param {string} what */
  #requireJoined(what) {
    if (this.#state === 'CONNECTED' || this.#state === 'RECONNECTING') return;
    const why = this.#state === 'DISCONNECTED' ? "haven't joined yet!" : `in ${this.#state} state`;
    throw new AgoraRTCError('INVALID_OPERATION', `Can't ${what}, ${why}`);
  }
}

/** @param {any} error @returns {string | undefined} */
function codeOf(error) {
  return error?.code;
}

// ---- localvideo.js
/** Pictures that the page sends: of a camera, a screen, or a track of its own. */


/** @typedef {import('./track.js').Stage} Stage */
/** @typedef {import('./encoding.js').VideoEncoding} VideoEncoding */

const CONTENT_HINTS = Object.freeze({ motion: 'motion', detail: 'detail', balanced: '' });

/** A picture track of any origin. */
class LocalVideoTrack extends withPictures(LocalTrack) {
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
class CameraVideoTrack extends LocalVideoTrack {
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
function whichCamera(cameraId, facingMode, exact = false) {
  if (cameraId) return { deviceId: { exact: cameraId } };
  if (!facingMode) return {};
  return { facingMode: exact ? { exact: facingMode } : facingMode };
}

// ---- sound.js
/** What needs the Web Audio API: level meters, gain, mixing. */

const METER_SAMPLES = 2048;
const FLOOR_DB = 100;

/** One audio context for the page; browsers allow few. */
class SoundDesk {
  #onState;
  /** @type {AudioContext | null} */
  #context = null;

  /** @param {(now: AudioContextState, before?: AudioContextState) => void} onState */
  constructor(onState) {
    this.#onState = onState;
  }

  /** @returns {AudioContext} */
  get context() {
    if (!this.#context) {
      const context = new AudioContext();
      let before = context.state;
      context.onstatechange = () => {
        this.#onState(context.state, before);
        before = context.state;
      };
      this.#context = context;
    }
    return this.#context;
  }

  /** Run again after the browser held it back; needs a gesture. */
  resume() {
    if (this.#context?.state === 'suspended') this.#context.resume().catch(() => {});
  }

  /** @param {MediaStreamTrack} track @returns {Meter} */
  meter(track) {
    return new Meter(this, track);
  }

  /** @param {MediaStreamTrack} track @param {(buffer: AudioBuffer) => void} callback
   * @param {number} frameSize samples @returns {Tap} */
  tap(track, callback, frameSize) {
    return new Tap(this, track, callback, frameSize);
  }

  /** @param {MediaStreamTrack[]} tracks @returns {Mixer} */
  mixer(tracks) {
    return new Mixer(this.context, tracks);
  }
}

/** Reads how loud a track is. */
class Meter {
  #desk;
  #source;
  #analyser;
  #samples = new Float32Array(METER_SAMPLES);
  /** @type {HTMLAudioElement} */
  #pump;

  /** @param {SoundDesk} desk @param {MediaStreamTrack} track */
  constructor(desk, track) {
    const { context } = desk;
    const stream = new MediaStream([track]);
    this.#desk = desk;
    this.#source = context.createMediaStreamSource(stream);
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = METER_SAMPLES;
    this.#source.connect(this.#analyser);
    this.#pump = pump(stream);
  }

  /** @returns {number} 0 (silence, or below -100 dB) to 1 (full scale): 1 + dB / 100 */
  level() {
    this.#desk.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, x) => sum + x * x, 0) / METER_SAMPLES;
    return Math.min(1, Math.max(0, 10 * Math.log10(power) + FLOOR_DB) / FLOOR_DB);
  }

  close() {
    this.#source.disconnect();
    this.#pump.srcObject = null;
  }
}

/** Hands out a track's samples. */
class Tap {
  #source;
  #processor;
  #pump;

  /** @param {SoundDesk} desk @param {MediaStreamTrack} track
   * @param {(buffer: AudioBuffer) => void} callback @param {number} frameSize samples */
  constructor(desk, track, callback, frameSize) {
    const { context } = desk;
    const stream = new MediaStream([track]);
    desk.resume();
    this.#source = context.createMediaStreamSource(stream);
    // A worklet would have to be loaded from an address of its own.
    this.#processor = context.createScriptProcessor(frameSize, 2, 1);
    this.#processor.onaudioprocess = ({ inputBuffer }) => callback(inputBuffer);
    this.#source.connect(this.#processor).connect(context.destination); // silence, but it runs
    this.#pump = pump(stream);
  }

  close() {
    this.#processor.onaudioprocess = null;
    this.#source.disconnect();
    this.#processor.disconnect();
    this.#pump.srcObject = null;
  }
}

/** Several tracks as one, each with its gain. */
class Mixer {
  #context;
  #out;
  /** @type {{source: MediaStreamAudioSourceNode, gain: GainNode}[]} */
  #inputs = [];

  /** @param {AudioContext} context @param {MediaStreamTrack[]} tracks */
  constructor(context, tracks) {
    this.#context = context;
    this.#out = context.createMediaStreamDestination();
    this.replace(tracks);
  }

  /** @returns {MediaStreamTrack} */
  get track() {
    return this.#out.stream.getAudioTracks()[0];
  }

  /** @param {MediaStreamTrack[]} tracks */
  replace(tracks) {
    for (const { source, gain } of this.#inputs) {
      source.disconnect();
      gain.disconnect();
    }
    this.#inputs = tracks.map((track) => {
      const source = this.#context.createMediaStreamSource(new MediaStream([track]));
      const gain = this.#context.createGain();
      source.connect(gain).connect(this.#out);
      return { source, gain };
    });
  }

  /** @param {number} gain 1 for as it is */
  amplify(gain) {
    for (const input of this.#inputs) input.gain.gain.value = gain;
  }

  close() {
    this.replace([]);
    this.track.stop();
  }
}

/** Chromium decodes sound that came over the network only while an element plays it.
 * @param {MediaStream} stream @returns {HTMLAudioElement} */
function pump(stream) {
  const element = Object.assign(document.createElement('audio'), { muted: true, srcObject: stream });
  element.play().catch(() => {});
  return element;
}

// ---- agora.js
/** The SDK's entry object. */


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

class AgoraRTCEntry extends CloudEntry {
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

const AgoraRTC = new AgoraRTCEntry();
if (typeof document !== 'undefined') AgoraRTC.start(document.currentScript?.src);
if (typeof module === 'object' && module.exports) {
  module.exports = Object.assign(AgoraRTC, { default: AgoraRTC, AgoraRTCErrorCode, VideoState });
} else {
  scope.AgoraRTC = AgoraRTC;
}
})(typeof self !== 'undefined' ? self : globalThis);
