// @ts-check
/** Sound from a file or a buffer, to be published: music behind a voice. */

import { AgoraRTCError, requireParameter } from './errors.js';
import { LocalAudioTrack } from './localaudio.js';

/** @typedef {'stopped' | 'playing' | 'paused'} SourceState */
/** @typedef {File | string | AudioBuffer} Source */

export class BufferSourceAudioTrack extends LocalAudioTrack {
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
export async function readSource(context, source) {
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
