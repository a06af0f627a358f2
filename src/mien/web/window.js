// @ts-check
/** The result in a window of its own, with nothing else in it: what OBS captures. */

export class ResultWindow {
  /** @type {Window | null} */
  #window = null;
  /** @type {MediaStream | null} */
  #stream = null;

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

  #put() {
    if (!this.#window || this.#window.closed) return;
    const video = this.#window.document.querySelector('video');
    if (video) video.srcObject = this.#stream;
  }
}
