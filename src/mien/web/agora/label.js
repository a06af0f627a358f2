// @ts-check
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
export class DrawnLabel {
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
