// @ts-check
/** What comes back: the swapped picture, and the sound in step with it. */

import { VideoState } from './constants.js';
import { requireParameter } from './errors.js';
import { Statistics } from './statistics.js';
import { Track, withPictures, withSound } from './track.js';

/** A track that another user publishes. */
class RemoteTrack extends Track {
  /** @param {import('./track.js').Stage} stage @param {MediaStreamTrack} media @param {number} uid */
  constructor(stage, media, uid) {
    super(stage, media);
    this.uid = uid;
  }

  getUserId() {
    return this.uid;
  }

  /** Go on with another connection's media. @param {import('./track.js').Link} link */
  renew(link) {
    this.attach(link);
    this.replaceMedia(link.transceiver.receiver.track);
  }

  /** @override */
  noStatistics() {
    const none = new Statistics();
    return this.trackMediaType === 'audio' ? none.remoteAudio() : none.remoteVideo();
  }

  /** No more, as after unsubscribe. */
  end() {
    this.stop();
    this.link = null;
  }
}

export class RemoteVideoTrack extends withPictures(RemoteTrack) {
  /** @type {number} */
  #state = VideoState.VideoStateStarting;
  #decoded = 0;
  #firstTold = false;

  /** @param {number} framesDecoded so far; asked once a second */
  progress(framesDecoded) {
    const moving = framesDecoded > this.#decoded;
    this.#decoded = framesDecoded;
    if (moving) this.pictureShown();
    if (moving) this.#become(VideoState.VideoStateDecoding);
    else if (this.#firstTold) this.#become(VideoState.VideoStateFrozen);
  }

  pictureShown() {
    if (this.#firstTold) return;
    this.#firstTold = true;
    this.emit('first-frame-decoded');
  }

  end() {
    super.end();
    this.#become(VideoState.VideoStateStopped);
  }

  /** @param {number} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('video-state-changed', state);
  }
}

export class RemoteAudioTrack extends withSound(RemoteTrack) {
  /** @param {number} volume 0 to 100 */
  setVolume(volume) {
    requireParameter(volume >= 0, 'volume is negative');
    this.player.volume = volume;
  }

  /** @param {number} volume */
  setAmplifiedVolume(volume) {
    this.setVolume(volume);
  }

  getVolume() {
    return this.player.volume;
  }

  end() {
    super.end();
    this.deafen();
  }
}
