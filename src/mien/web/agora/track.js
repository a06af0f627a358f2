// @ts-check
/** What every track has, and what pictures and sound add to it. */

import { EventEmitter } from './emitter.js';
import { AgoraRTCError, notSupported } from './errors.js';
import { AudioPlayer, VideoPlayer } from './playback.js';
import { Statistics } from './statistics.js';

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
  /** Where a processing extension would hand its result back: there is none. */
  processorDestination = null;

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

  get mediaStreamTrack() {
    return this.media;
  }

  toString() {
    return this.trackId;
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
    return this.link?.statistics() ?? this.noStatistics();
  }

  /** @returns {any} the figures of a track that belongs to no client */
  noStatistics() {
    const none = new Statistics();
    return this.trackMediaType === 'audio' ? none.localAudio() : none.localVideo();
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
 * @param {Base} Kind
 */
export function withPictures(Kind) {
  return class extends Kind {
    #player = new VideoPlayer(this.stage.autoplay, this.trackId);

    get isPlaying() {
      return Boolean(this.#player.element?.isConnected);
    }

    /**
     * Put a <video> into an element.
     * @param {string | HTMLElement} element @param {import('./playback.js').VideoPlayerConfig} [config]
     */
    play(element, config = {}) {
      const look = { ...this.usualLook(), ...config };
      this.#player.play(element, this.media, look, () => this.pictureShown());
    }

    /** What `play` does unless it is told. @returns {import('./playback.js').VideoPlayerConfig} */
    usualLook() {
      return { fit: 'cover', mirror: false };
    }

    stop() {
      this.#player.stop();
    }

    showMedia() {
      this.#player.show(this.media);
    }

    /** @param {import('./label.js').LabelWords | null} words @param {(drawn: boolean) => void} onDrawn */
    label(words, onDrawn) {
      this.#player.label(words, onDrawn);
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
    /** @type {import('./sound.js').Tap | null} */
    #tap = null;
    /** @type {() => void} open the tap on the present media */
    #tapAgain = () => {};

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
      this.#tapAgain();
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

    /** Let go of everything that listens. */
    deafen() {
      this.closeMeter();
      this.setAudioFrameCallback(null);
    }

    /** @param {string} deviceId of an audiooutput */
    async setPlaybackDevice(deviceId) {
      try {
        await this.player.useSpeaker(deviceId);
      } catch (error) {
        throw new AgoraRTCError('PERMISSION_DENIED', `can not set sink id: ${error}`);
      }
    }

    /**
     * @param {((buffer: AudioBuffer) => void) | null} callback null for no more
     * @param {number} [frameSize] samples, a power of two from 256 to 16384
     */
    setAudioFrameCallback(callback, frameSize = 2048) {
      this.#tapAgain = () => {
        this.#tap?.close();
        this.#tap = callback && this.stage.desk.tap(this.media, callback, frameSize);
      };
      this.#tapAgain();
    }

    addReferenceTrack() {} // echo is cancelled by the browser

    removeReferenceTrack() {
      return false;
    }
  };
}
