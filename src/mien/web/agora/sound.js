// @ts-check
/** What needs the Web Audio API: level meters, gain, mixing. */

const METER_SAMPLES = 2048;
const FLOOR_DB = 100;

/** One audio context for the page; browsers allow few. */
export class SoundDesk {
  #onState;
  /** @type {AudioContext | null} */
  #context = null;

  /** @param {(now: AudioContextState, before?: AudioContextState) => void} onState */
  constructor(onState) {
    this.#onState = onState;
  }

  /** @returns {AudioContext} */
  get context() {
    if (!this.#context) {
      const context = new AudioContext();
      let before = context.state;
      context.onstatechange = () => {
        this.#onState(context.state, before);
        before = context.state;
      };
      this.#context = context;
    }
    return this.#context;
  }

  /** Run again after the browser held it back; needs a gesture. */
  resume() {
    if (this.#context?.state === 'suspended') this.#context.resume().catch(() => {});
  }

  /** @param {MediaStreamTrack} track @returns {Meter} */
  meter(track) {
    return new Meter(this, track);
  }

  /** @param {MediaStreamTrack[]} tracks @returns {Mixer} */
  mixer(tracks) {
    return new Mixer(this.context, tracks);
  }
}

/** Reads how loud a track is. */
export class Meter {
  #desk;
  #source;
  #analyser;
  #samples = new Float32Array(METER_SAMPLES);
  /** @type {HTMLAudioElement} */
  #pump;

  /** @param {SoundDesk} desk @param {MediaStreamTrack} track */
  constructor(desk, track) {
    const { context } = desk;
    const stream = new MediaStream([track]);
    this.#desk = desk;
    this.#source = context.createMediaStreamSource(stream);
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = METER_SAMPLES;
    this.#source.connect(this.#analyser);
    // Chromium decodes sound that came over the network only while an element plays it.
    this.#pump = Object.assign(document.createElement('audio'), { muted: true, srcObject: stream });
    this.#pump.play().catch(() => {});
  }

  /** @returns {number} 0 (silence, or below -100 dB) to 1 (full scale): 1 + dB / 100 */
  level() {
    this.#desk.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, x) => sum + x * x, 0) / METER_SAMPLES;
    return Math.min(1, Math.max(0, 10 * Math.log10(power) + FLOOR_DB) / FLOOR_DB);
  }

  close() {
    this.#source.disconnect();
    this.#pump.srcObject = null;
  }
}

/** Several tracks as one, each with its gain. */
export class Mixer {
  #context;
  #out;
  /** @type {{source: MediaStreamAudioSourceNode, gain: GainNode}[]} */
  #inputs = [];

  /** @param {AudioContext} context @param {MediaStreamTrack[]} tracks */
  constructor(context, tracks) {
    this.#context = context;
    this.#out = context.createMediaStreamDestination();
    this.replace(tracks);
  }

  /** @returns {MediaStreamTrack} */
  get track() {
    return this.#out.stream.getAudioTracks()[0];
  }

  /** @param {MediaStreamTrack[]} tracks */
  replace(tracks) {
    for (const { source, gain } of this.#inputs) {
      source.disconnect();
      gain.disconnect();
    }
    this.#inputs = tracks.map((track) => {
      const source = this.#context.createMediaStreamSource(new MediaStream([track]));
      const gain = this.#context.createGain();
      source.connect(gain).connect(this.#out);
      return { source, gain };
    });
  }

  /** @param {number} gain 1 for as it is */
  amplify(gain) {
    for (const input of this.#inputs) input.gain.gain.value = gain;
  }

  close() {
    this.replace([]);
    this.track.stop();
  }
}
