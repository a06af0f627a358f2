// @ts-check
/**
 * The live benchmark's mouth and ear: a microphone that beeps once a second and says when, and an
 * ear that says when a beep came back. Evaluated in a page, before `live.js`.
 */
(() => {
  // Runs on the audio thread. Date is the only clock that both threads have.
  const PROCESSORS = `
    const EVERY_S = 1, BEEP_S = 0.06, HERTZ = 1000, LOUD = 0.5;
    class Mouth extends AudioWorkletProcessor {
      #count = 0;
      process(_, [[out]]) {
        const start = Math.floor(currentTime / EVERY_S) * EVERY_S;
        if (start > this.#count) {
          this.#count = start;
          this.port.postMessage(Date.now());
        }
        for (let i = 0; i < out.length; i++) {
          const t = currentTime - this.#count + i / sampleRate;
          out[i] = this.#count && t < BEEP_S ? LOUD * Math.sin(2 * Math.PI * HERTZ * t) : 0;
        }
        return true;
      }
    }
    const HEARD = 0.1, SILENCE_S = 0.3;
    class Ear extends AudioWorkletProcessor {
      #quiet = 0;
      process([[samples]]) {
        for (let i = 0; i < (samples?.length ?? 0); i++) {
          if (Math.abs(samples[i]) < HEARD) this.#quiet++;
          else {
            if (this.#quiet > SILENCE_S * sampleRate) this.port.postMessage(Date.now() + (i / sampleRate) * 1e3);
            this.#quiet = 0;
          }
        }
        return true;
      }
    }
    registerProcessor('mouth', Mouth);
    registerProcessor('ear', Ear);
  `;
  const LONGEST_MS = 900;

  /** @type {AudioContext} */
  let context;
  /** @type {number[]} ms since the epoch */
  const said = [];

  /** @returns {Promise<MediaStreamTrack>} */
  async function microphone() {
    context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    const module = URL.createObjectURL(new Blob([PROCESSORS], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(module);
    const mouth = new AudioWorkletNode(context, 'mouth', { numberOfInputs: 0, outputChannelCount: [1] });
    mouth.port.onmessage = ({ data }) => said.push(data);
    const out = context.createMediaStreamDestination();
    mouth.connect(out);
    await context.resume();
    return out.stream.getAudioTracks()[0];
  }

  /** Tell when each beep came back: seconds of performance.now(), milliseconds on the way.
   * @param {MediaStream} stream @param {(seconds: number, ms: number) => void} onBeep */
  function listen(stream, onBeep) {
    // Without a playing element Chromium decodes nothing of a remote track.
    const player = Object.assign(new Audio(), { srcObject: stream });
    void player.play();
    const ear = new AudioWorkletNode(context, 'ear', { numberOfOutputs: 0 });
    ear.port.onmessage = ({ data }) => {
      const left = said.filter((at) => at < data && data - at < LONGEST_MS).at(-1);
      if (left !== undefined) onBeep((data - performance.timeOrigin) / 1e3, data - left);
    };
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(ear);
    return player;
  }

  Object.assign(globalThis, { mienEar: { microphone, listen, said } });
})();
