// @ts-check
/** Media elements: pictures inside an element of the page, sound beside it. */

import { DrawnLabel } from './label.js';

const GESTURES = ['pointerup', 'keydown', 'touchend'];

/**
 * @typedef {object} VideoPlayerConfig
 * @property {'cover' | 'contain' | 'fill'} [fit]
 * @property {boolean} [mirror]
 * @property {boolean} [noStyle] leave fit and mirror to the page
 */

/** Starts elements, and those that the browser held back again at the next gesture. */
export class Autoplay {
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
export class VideoPlayer {
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
export class AudioPlayer {
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
