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

  /** @param {MediaStreamTrack} track @param {(buffer: AudioBuffer) => void} callback
   * @param {number} frameSize samples @returns {Tap} */
  tap(track, callback, frameSize) {
    return new Tap(this, track, callback, frameSize);
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
    this.#pump = pump(stream);
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

/** Hands out a track's samples. */
export class Tap {
  #source;
  #processor;
  #pump;

  /** @param {SoundDesk} desk @param {MediaStreamTrack} track
   * @param {(buffer: AudioBuffer) => void} callback @param {number} frameSize samples */
  constructor(desk, track, callback, frameSize) {
    const { context } = desk;
    const stream = new MediaStream([track]);
    desk.resume();
    this.#source = context.createMediaStreamSource(stream);
    // A worklet would have to be loaded from an address of its own.
    this.#processor = context.createScriptProcessor(frameSize, 2, 1);
    this.#processor.onaudioprocess = ({ inputBuffer }) => callback(inputBuffer);
    this.#source.connect(this.#processor).connect(context.destination); // silence, but it runs
    this.#pump = pump(stream);
  }

  close() {
    this.#processor.onaudioprocess = null;
    this.#source.disconnect();
    this.#processor.disconnect();
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

/** Chromium decodes sound that came over the network only while an element plays it.
 * @param {MediaStream} stream @returns {HTMLAudioElement} */
function pump(stream) {
  const element = Object.assign(document.createElement('audio'), { muted: true, srcObject: stream });
  element.play().catch(() => {});
  return element;
}
