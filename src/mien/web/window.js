// @ts-check
/** The result in a window of its own, with nothing else in it: what OBS captures. */

import { DrawnLabel } from './agora/label.js';

export class ResultWindow {
  /** @type {Window | null} */
  #window = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {import('./agora/label.js').LabelWords | null} */
  #words = null;
  /** @type {DrawnLabel | null} */
  #label = null;

  /** @param {HTMLVideoElement} video its shape is the window's @returns {boolean} not blocked */
  open(video) {
    if (this.#window && !this.#window.closed) {
      this.#window.focus();
      return true;
    }
    const features = `popup,width=${video.videoWidth || 640},height=${video.videoHeight || 480}`;
    this.#window = window.open('result.html', 'mien-result', features);
    this.#window?.addEventListener('load', () => this.#put());
    return this.#window !== null;
  }

  /** @param {MediaStream | null} stream */
  show(stream) {
    this.#stream = stream;
    this.#put();
  }

  /** @param {import('./agora/label.js').LabelWords | null} words null: it is in the picture */
  label(words) {
    this.#words = words;
    this.#put();
  }

  #put() {
    this.#label?.remove();
    this.#label = null;
    if (!this.#window || this.#window.closed) return;
    const video = this.#window.document.querySelector('video');
    if (!video) return;
    if (this.#words) this.#label = new DrawnLabel(video, this.#words);
    video.srcObject = this.#stream;
  }
}
