// @ts-check
/** The local tracks that a client sends. Tracks come and go by replaceTrack: nothing is negotiated. */

import { wanted } from './encoding.js';

/** @typedef {import('./connection.js').PeerLink} PeerLink */

/** @type {Readonly<Record<string, string>>} */
const DEGRADATION = Object.freeze({
  motion: 'maintain-framerate',
  detail: 'maintain-resolution',
  balanced: 'balanced',
});

/**
 * What is asked of a track. Wrapper libraries hand in tracks of another copy of the SDK, so only
 * what the SDK documents may be used; ours have `attach` and `outgoingTrack` besides.
 * @typedef {any} PublishableTrack
 */

export class Publications {
  #desk;
  #statistics;
  #onClosed;
  /** @type {Map<PublishableTrack, () => void>} each with what to do when its media changes */
  #tracks = new Map();
  /** @type {import('./sound.js').Mixer | null} */
  #mixer = null;
  /** @type {PeerLink | null} */
  #link = null;

  /**
   * @param {import('./sound.js').SoundDesk} desk
   * @param {(kind: 'audio' | 'video') => any} statistics of the sent track
   * @param {(track: PublishableTrack) => void} onClosed
   */
  constructor(desk, statistics, onClosed) {
    this.#desk = desk;
    this.#statistics = statistics;
    this.#onClosed = onClosed;
  }

  get tracks() {
    return [...this.#tracks.keys()];
  }

  /** @param {'audio' | 'video'} kind @returns {PublishableTrack[]} */
  of(kind) {
    return this.tracks.filter((track) => kindOf(track) === kind);
  }

  /** @param {PublishableTrack} track */
  has(track) {
    return this.#tracks.has(track);
  }

  /** @param {PublishableTrack} track */
  async add(track) {
    const kind = kindOf(track);
    const update = () => this.#send(kind);
    this.#tracks.set(track, update);
    if (track.attach) this.#attach(track);
    else track.on?.('track-updated', update);
    await this.#send(kind);
  }

  /** @param {PublishableTrack} track */
  async remove(track) {
    const kind = kindOf(track);
    this.#forget(track);
    await this.#send(kind);
  }

  /** Send everything on another connection. @param {PeerLink} link */
  async resume(link) {
    this.#link = link;
    for (const track of this.#tracks.keys()) this.#attach(track);
    await Promise.all([this.#send('audio'), this.#send('video')]);
  }

  /** Let go of every track; the page keeps them. */
  clear() {
    this.#link = null;
    for (const track of this.tracks) this.#forget(track);
    this.#mixer?.close();
    this.#mixer = null;
  }

  /** Tracks of others may change their media without a word. */
  async refresh() {
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      const [track] = this.of(kind);
      const sent = this.#link?.transceivers[kind].sender.track;
      if (track && !track.outgoingTrack && sent !== track.getMediaStreamTrack()) {
        await this.#send(kind);
      }
    }
  }

  /** @param {PublishableTrack} track */
  #forget(track) {
    const update = this.#tracks.get(track);
    this.#tracks.delete(track);
    track.off?.('track-updated', update);
    track.attach?.(null);
  }

  /** @param {PublishableTrack} track */
  #attach(track) {
    const kind = kindOf(track);
    track.attach?.({
      transceiver: this.#link?.transceivers[kind],
      statistics: () => this.#statistics(kind),
      mediaChanged: () => this.#send(kind),
      encodingChanged: () => this.#encode(kind),
      closed: () => this.#onClosed(track),
    });
  }

  /** @param {'audio' | 'video'} kind */
  async #send(kind) {
    const sender = this.#link?.transceivers[kind].sender;
    const tracks = this.of(kind).map((track) => track.outgoingTrack?.() ?? track.getMediaStreamTrack());
    const media = tracks.length > 1 ? this.#mix(tracks) : (tracks[0] ?? null);
    await sender?.replaceTrack(media).catch(ignoreClosed);
    if (media) await this.#encode(kind);
  }

  /** @param {MediaStreamTrack[]} tracks @returns {MediaStreamTrack} */
  #mix(tracks) {
    this.#mixer ??= this.#desk.mixer([]);
    this.#mixer.replace(tracks);
    return this.#mixer.track;
  }

  /** Bound bit and frame rate as the track's settings say. @param {'audio' | 'video'} kind */
  async #encode(kind) {
    const sender = this.#link?.transceivers[kind].sender;
    const [track] = this.of(kind);
    if (!sender || !track) return;
    const { bitrateMax, bitrate, frameRate, scaleResolutionDownBy } = track.encoding ?? {};
    const parameters = sender.getParameters();
    const most = kind === 'video' ? bitrateMax : bitrate;
    Object.assign(parameters.encodings[0] ?? {}, {
      maxBitrate: most ? most * 1000 : undefined,
      ...(kind === 'video' && { maxFramerate: wanted(frameRate), scaleResolutionDownBy }),
    });
    const degradationPreference = DEGRADATION[track.optimizationMode] ?? 'balanced';
    if (kind === 'video') Object.assign(parameters, { degradationPreference });
    // Not every browser knows every field; the media goes on without.
    await sender.setParameters(parameters).catch(() => {});
  }
}

/** @param {PublishableTrack} track @returns {'audio' | 'video'} */
export function kindOf(track) {
  return track.trackMediaType ?? track.getMediaStreamTrack().kind;
}

/** @param {DOMException} error of a sender whose connection went away meanwhile */
function ignoreClosed(error) {
  if (error.name !== 'InvalidStateError') throw error;
}
