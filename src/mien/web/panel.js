// @ts-check
/** The page's changing parts: state, problem, notes, views, meters. Draws what it is told. */

import { DrawnLabel } from './agora/label.js';
import { describe } from './messages.js';

/** @typedef {import('./messages.js').Problem} Problem */
/** @typedef {'idle' | 'busy' | 'live' | 'warn'} Tone */

export class Panel {
  #byId;
  /** @type {DrawnLabel | null} */
  #label = null;

  /** @param {(id: string) => HTMLElement} byId */
  constructor(byId) {
    this.#byId = byId;
    byId('problem-close').addEventListener('click', () => this.clearProblem());
  }

  /** @param {string} text @param {Tone} tone */
  state(text, tone) {
    const words = this.#byId('state-text');
    // A screen reader reads the line out at every change, so equal text is left alone.
    if (words.textContent !== text) words.textContent = text;
    this.#byId('state').dataset.tone = tone;
  }

  /** @param {unknown} error @returns {Problem} */
  problem(error) {
    const problem = describe(error);
    this.#byId('problem-title').textContent = `${problem.title}.`;
    this.#byId('problem-advice').textContent = problem.advice;
    this.#byId('problem-retry').hidden = problem.action !== 'retry';
    this.#byId('problem').hidden = false;
    return problem;
  }

  clearProblem() {
    this.#byId('problem').hidden = true;
  }

  /** Words over the result; empty takes them away. @param {string} text */
  note(text) {
    const note = this.#byId('note');
    if (note.textContent !== text) note.textContent = text;
    note.hidden = !text;
  }

  /** @param {'camera' | 'result'} which @param {MediaStream | null} stream */
  picture(which, stream) {
    const video = /** @type {HTMLVideoElement} */ (this.#byId(which));
    if (video.srcObject !== stream) video.srcObject = stream;
    if (!stream) this.shown(which, false);
    else video.requestVideoFrameCallback(() => this.#first(which, video.srcObject === stream));
  }

  /** The first frame of a stream is here. @param {'camera' | 'result'} which @param {boolean} on */
  #first(which, on) {
    this.shown(which, on);
    if (which === 'result') this.thaw();
  }

  /** @param {'camera' | 'result'} which @param {boolean} on */
  shown(which, on) {
    this.#byId(`${which}-view`).toggleAttribute('data-on', on);
    if (which === 'camera') return;
    for (const id of ['popout', 'fullscreen']) {
      /** @type {HTMLButtonElement} */ (this.#byId(id)).disabled = !on;
    }
  }

  /** Keep the last picture, greyed, while there is no way for a new one. */
  freeze() {
    const video = /** @type {HTMLVideoElement} */ (this.#byId('result'));
    const canvas = /** @type {HTMLCanvasElement} */ (this.#byId('frozen'));
    if (!canvas.hidden || !video.videoWidth) return;
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
    canvas.hidden = false;
  }

  thaw() {
    this.#byId('frozen').hidden = true;
  }

  /** @param {import('./sources.js').Face | null} face shown where the result will be */
  poster(face) {
    const image = /** @type {HTMLImageElement} */ (this.#byId('result-poster'));
    image.hidden = !face;
    if (face) image.src = face.picture;
  }

  /** @param {boolean} running */
  running(running) {
    const button = this.#byId('start');
    button.textContent = running ? 'Stop' : 'Start';
    button.toggleAttribute('data-stop', running);
    this.#byId('studio').toggleAttribute('data-live', running);
    if (running) return;
    this.meters(null);
    this.recording(false);
    this.#byId('meter-statement').textContent = '–';
  }

  /** Label the result here. @param {import('./agora/label.js').LabelWords | null} words null: no more
   * @param {(drawn: boolean) => void} [onDrawn] */
  label(words, onDrawn) {
    this.#label?.remove();
    const video = /** @type {HTMLVideoElement} */ (this.#byId('result'));
    this.#label = words && new DrawnLabel(video, words, onDrawn);
  }

  /** @param {boolean} on the server keeps what it sends */
  recording(on) {
    this.#byId('recording').hidden = !on;
  }

  /** @param {import('./statement.js').Statement | null} statement null where it did not hold */
  statement(statement) {
    const at = statement && new Date(statement.iat * 1000).toLocaleTimeString();
    this.#byId('meter-statement').textContent = at ? `signed ${at}` : 'not verified';
    this.#byId('meter-statement').title = statement ? JSON.stringify(statement, null, 1) : '';
  }

  /** @param {import('./meters.js').Reading | null} reading */
  meters(reading) {
    const { fps, latency, width, height, codec, parts } = reading ?? {};
    const put = (/** @type {string} */ id, /** @type {string} */ text) => {
      this.#byId(id).textContent = reading ? text : '–';
    };
    put('meter-fps', (fps ?? 0).toFixed(fps && fps < 10 ? 1 : 0));
    put('meter-latency', latency == null ? '…' : `${Math.round(latency)} ms`);
    put('meter-picture', `${width} × ${height}${codec ? ` ${codec}` : ''}`);
    put('meter-parts', parts ? shares(parts) : '');
  }
}

/** @param {Record<string, number>} parts @returns {string} */
function shares(parts) {
  return Object.entries(parts)
    .map(([name, ms]) => `${name}\u00a0${Math.round(ms)}\u00a0ms`)
    .join(' · ');
}
