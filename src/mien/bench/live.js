// @ts-check
/**
 * The live benchmark's page: clips as cameras with the time burnt into their top rows, sessions
 * through the studio's own client code, and the time read from what comes back. It is evaluated in
 * a page of the server under test.
 */
(() => {
  const BITS = 24;
  const CELLS = BITS + 2;
  const TICKS_PER_MS = 4;
  const MASK = 2 ** BITS - 1;

  const ticks = () => Math.round(performance.now() * TICKS_PER_MS) & MASK;

  /** Side of a cell, pixels: large enough to survive the codec, small enough to stay off the face.
   * @param {number} width of the picture */
  const cellOf = (width) => Math.min(16, Math.floor(width / (CELLS + 2)));

  /** Black and white cells: the bits, then one white and one black to know the strip by.
   * @param {CanvasRenderingContext2D} context @param {number} cell */
  function burnIn(context, cell) {
    const now = ticks();
    for (let bit = 0; bit < CELLS; bit++) {
      context.fillStyle = bit === BITS || (bit < BITS && (now >> bit) & 1) ? '#fff' : '#000';
      context.fillRect(bit * cell, 0, cell, cell);
    }
  }

  /** @param {HTMLVideoElement} video @param {number} sentWidth
   * @param {OffscreenCanvasRenderingContext2D} context
   * @returns {number | null} milliseconds since the frame was drawn; null where it can't be read */
  function readAge(video, sentWidth, context) {
    const cell = cellOf(sentWidth);
    const strip = CELLS * cell;
    const scale = video.videoWidth / sentWidth; // the browser may have sent a smaller picture
    context.drawImage(video, 0, 0, strip * scale, cell * scale, 0, 0, strip, cell);
    const { data } = context.getImageData(0, cell >> 1, strip, 1);
    const bright = (/** @type {number} */ n) => data[(n * cell + (cell >> 1)) * 4] > 127;
    if (!bright(BITS) || bright(BITS + 1)) return null;
    let then = 0;
    for (let bit = 0; bit < BITS; bit++) if (bright(bit)) then |= 1 << bit;
    return ((ticks() - then) & MASK) / TICKS_PER_MS;
  }

  /** @param {string} clip data URI @returns {Promise<HTMLVideoElement>} */
  async function play(clip) {
    const video = document.createElement('video');
    video.src = URL.createObjectURL(await (await fetch(clip)).blob());
    Object.assign(video, { muted: true, loop: true, playsInline: true });
    await video.play();
    return video;
  }

  /** @param {HTMLVideoElement} clip @param {{width: number, height: number, fps: number}} options */
  function camera(clip, { width, height, fps }) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const stream = canvas.captureStream(0);
    const track = /** @type {CanvasCaptureMediaStreamTrack} */ (stream.getVideoTracks()[0]);
    let next = performance.now();
    const draw = () => {
      context.drawImage(clip, 0, 0, width, height);
      burnIn(context, cellOf(width));
      track.requestFrame();
      next = Math.max(next + 1000 / fps, performance.now());
      setTimeout(draw, next - performance.now());
    };
    draw();
    return stream;
  }

  /** One session: what was measured since it was last asked, and when the first frame came. */
  class Measured {
    /** @type {[number, number][]} seconds, milliseconds of age */
    ages = [];
    shown = 0;
    unread = 0;
    /** @type {[number, number][]} seconds, milliseconds that a beep took */
    beeps = [];
    /** @type {number | null} */
    firstMs = null;
    swapping = false;
    error = '';

    take() {
      const { ages, beeps, shown, unread, firstMs, error } = this;
      this.ages = [];
      this.beeps = [];
      this.shown = this.unread = 0;
      return { ages, beeps, shown, unread, firstMs, error };
    }
  }

  /** @param {Measured} measured @param {MediaStream} stream @param {number} width @param {number} began */
  function watch(measured, stream, width, began) {
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: stream, width: 320 });
    document.body.append(video);
    mienEar.listen(stream, (seconds, ms) => measured.beeps.push([seconds, ms]));
    const strip = new OffscreenCanvas(CELLS * 16, 16).getContext('2d', { willReadFrequently: true });
    const look = () => {
      const age = readAge(video, width, /** @type {OffscreenCanvasRenderingContext2D} */ (strip));
      measured.shown++;
      if (age === null) measured.unread++;
      else measured.ages.push([performance.now() / 1000, age]);
      if (measured.swapping) measured.firstMs ??= performance.now() - began;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  }

  /** @type {{measured: Measured, live: any}[]} */
  const running = [];

  /**
   * @param {{token: string, source: string, clip: string, sessions: number, width: number,
   *   height: number, fps: number, quality: number}} options
   */
  async function start(options) {
    const [{ Api }, { LiveSession }] = await Promise.all(
      ['/studio/api.js', '/studio/live.js'].map((path) => import(path)),
    );
    const api = new Api(options.token);
    const clip = await play(options.clip);
    const microphone = await mienEar.microphone();
    for (let i = 0; i < options.sessions; i++) {
      const stream = camera(clip, options);
      stream.addTrack(microphone);
      const measured = new Measured();
      const live = new LiveSession(api, { stream, frameRate: options.fps, maxBitrate: options.height > 500 ? 4e6 : 2.5e6 });
      const began = performance.now();
      live.addEventListener('stream', (/** @type {any} */ e) => {
        if (e.detail.getVideoTracks().length) watch(measured, e.detail, options.width, began);
      }, { once: true });
      live.addEventListener('message', (/** @type {any} */ e) => {
        if (e.detail.type === 'state' && e.detail.state === 'swapping') measured.swapping = true;
      });
      live.addEventListener('ended', (/** @type {any} */ e) => (measured.error = String(e.detail)));
      running.push({ measured, live });
      await live.start({ sourceImage: [{ path: options.source }] }, options.quality);
    }
  }

  Object.assign(globalThis, {
    mienBench: {
      start,
      take: () => running.map(({ measured }) => measured.take()),
      stop: () => Promise.all(running.map(({ live }) => live.stop())),
    },
  });
})();
