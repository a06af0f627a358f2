// @ts-check
/** What every track has, and what pictures and sound add to it. */

import { EventEmitter } from './emitter.js';
import { notSupported } from './errors.js';
import { AudioPlayer, VideoPlayer } from './playback.js';

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
export class Track extends EventEmitter {
  /** @type {Link | null} */
  link = null;

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
    return this.link?.statistics() ?? {};
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
 * @param {Base} Kind @param {{mirrored: boolean}} options whether it is shown mirrored by default
 */
export function withPictures(Kind, { mirrored }) {
  return class extends Kind {
    #player = new VideoPlayer(this.stage.autoplay, this.trackId);

    get isPlaying() {
      return this.#player.element !== null;
    }

    /**
     * Put a <video> into an element.
     * @param {string | HTMLElement} element @param {import('./playback.js').VideoPlayerConfig} [config]
     */
    play(element, config = {}) {
      const look = { ...config, mirror: config.mirror ?? mirrored };
      this.#player.play(element, this.media, look, () => this.pictureShown());
    }

    stop() {
      this.#player.stop();
    }

    showMedia() {
      this.#player.show(this.media);
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
export function withSound(Kind) {
  return class extends Kind {
    player = new AudioPlayer(this.stage.autoplay);
    /** @type {import('./sound.js').Meter | null} */
    #meter = null;

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

    /** @param {string} deviceId of an audiooutput */
    async setPlaybackDevice(deviceId) {
      await this.player.useSpeaker(deviceId);
    }

    setAudioFrameCallback() {
      throw notSupported('raw audio');
    }
  };
}
