// @ts-check
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
export function videoEncoding(wanted = DEFAULT_VIDEO) {
  return typeof wanted === 'string' ? fromPreset(VIDEO_PRESETS, wanted) : { ...wanted };
}

/** @param {VideoEncoding | string} [wanted] @returns {VideoEncoding} */
export function screenEncoding(wanted = DEFAULT_SCREEN) {
  if (typeof wanted !== 'string') return { ...wanted };
  const { width, height, ...rest } = fromPreset(SCREEN_PRESETS, wanted);
  if (!width) return rest;
  return { width: { max: Number(width) }, height: { max: Number(height) }, ...rest };
}

/** @param {AudioEncoding | string} [wanted] @returns {AudioEncoding} */
export function audioEncoding(wanted) {
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
export function videoConstraints({ width, height, frameRate }) {
  return { width: constrain(width), height: constrain(height), frameRate: constrain(frameRate) };
}

/** The same without bounds, for a camera that can't keep them.
 * @param {VideoEncoding} encoding @returns {MediaTrackConstraints} */
export function softConstraints({ width, height, frameRate }) {
  const soft = (/** @type {Wish | undefined} */ wish) => constrain(wanted(wish));
  return { width: soft(width), height: soft(height), frameRate: soft(frameRate) };
}

/**
 * @param {AudioEncoding} encoding
 * @param {{AEC?: boolean, ANS?: boolean, AGC?: boolean}} processing all on by default
 * @returns {MediaTrackConstraints}
 */
export function audioConstraints({ sampleRate, sampleSize, stereo }, { AEC, ANS, AGC }) {
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
export function wanted(wish) {
  if (typeof wish !== 'object' || wish === null) return wish;
  return wish.exact ?? wish.ideal ?? wish.max ?? wish.min;
}

/** @param {Wish} [wish] @returns {ConstrainULong | undefined} */
function constrain(wish) {
  return typeof wish === 'number' ? { ideal: wish } : wish;
}
