// @ts-check
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
export function networkQuality(line, state) {
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
export class ExceptionWatch {
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
