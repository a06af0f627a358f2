// @ts-check
/** The studio: what happens when something is pressed, chosen, lost or found. */

import { DeviceChoosers, FRAME_RATE, openDevices } from './devices.js';
import { LiveSession } from './live.js';
import { FACES, NOTES, STATES, comingBack } from './messages.js';
import { Meters } from './meters.js';
import { Panel } from './panel.js';
import { People } from './people.js';
import { FaceChooser } from './sources.js';
import { verified } from './statement.js';
import { ResultWindow } from './window.js';

/** @typedef {import('./sources.js').Face} Face */

/** What the server's states mean here: the line at the top and the note over the result. */
const SERVER_STATES = Object.freeze({
  swapping: { line: STATES.live, tone: 'live', note: '' },
  waiting: { line: STATES.waiting, tone: 'busy', note: NOTES.waiting },
  preparing: { line: STATES.preparing, tone: 'busy', note: NOTES.waiting },
  no_face: { line: STATES.noFace, tone: 'warn', note: NOTES.noFace },
  camera_lost: { line: STATES.noFrames, tone: 'warn', note: NOTES.noFrames },
  closing: { line: STATES.closing, tone: 'warn', note: '' },
});

const BITRATES = Object.freeze({ 360: 1_500_000, 480: 2_500_000, 720: 4_000_000 });
const QUALITIES = Object.freeze({ 360: 1, 480: 2, 720: 3 });

/** Dispatches 'signed-out' when the server no longer knows the token. */
export class Studio extends EventTarget {
  #byId;
  #panel;
  #faces;
  #people;
  #devices;
  #window;
  #meters;
  /** @type {import('./api.js').Api | null} */
  #api = null;
  /** @type {LiveSession | null} */
  #live = null;
  /** @type {MediaStream | null} */
  #camera = null;
  /** @type {Face | null} the face that the session uses */
  #used = null;
  #cameraOff = false;
  #muted = false;
  /** What the server said last on this connection; empty before. */
  #heard = '';
  /** Counts starts and stops, so that what was begun before a stop is known as old. */
  #turn = 0;

  /** @param {(id: string) => HTMLElement} byId */
  constructor(byId) {
    super();
    this.#byId = byId;
    this.#panel = new Panel(byId);
    this.#faces = new FaceChooser(byId);
    this.#people = new People(byId);
    this.#devices = new DeviceChoosers(this.#select('camera-choice'), this.#select('microphone-choice'));
    this.#window = new ResultWindow();
    this.#meters = new Meters(
      async () => this.#live?.statistics() ?? null,
      (reading) => this.#panel.meters(reading),
    );
    this.#listen();
  }

  /** @param {import('./api.js').Api} api */
  async open(api) {
    this.#api = api;
    this.#people.use(api);
    this.#panel.running(false);
    this.#rest();
    await this.#devices.refresh();
    try {
      await this.#faces.load(api);
    } catch (error) {
      this.#problem(error);
    }
  }

  /** Back to nothing: no session, no camera, no faces. */
  async shut() {
    await this.#stop();
    this.#api = null;
    this.#people.use(null);
    this.#faces.clear();
    this.#panel.poster(null);
    this.#panel.state(STATES.signedOut, 'idle');
  }

  /** @param {unknown} error */
  tell(error) {
    this.#problem(error);
  }

  #listen() {
    this.#press('start', () => (this.#live || this.#camera ? this.#stop() : this.#start()));
    this.#press('problem-retry', () => this.#retry());
    this.#press('fullscreen', () => this.#byId('result-view').requestFullscreen());
    this.#press('popout', () => this.#popOut());
    this.#toggle('mute-microphone', (on) => this.#mute(on));
    this.#toggle('mute-camera', (on) => this.#blind(on));
    this.#toggle('mirror', (on) => this.#mirror(on));
    this.#toggle('headphones', (on) => (this.#video('result').muted = !on));
    this.#faces.addEventListener('chosen', (e) => this.#chose(detail(e)));
    this.#faces.addEventListener('removed', (e) => this.#removed(detail(e)));
    this.#faces.addEventListener('problem', (e) => this.#problem(detail(e)));
    this.#people.addEventListener('changed', () => this.#wear());
    this.#people.addEventListener('turned', (e) => this.#faces.restore(detail(e)));
    this.#people.addEventListener('problem', (e) => this.#problem(detail(e)));
    for (const kind of ['camera', 'microphone']) {
      this.#devices.addEventListener(kind, () => this.#changeDevices());
    }
    window.addEventListener('pagehide', () => this.#leave());
    window.addEventListener('pageshow', (event) => event.persisted && this.#stop());
  }

  async #start() {
    const turn = ++this.#turn;
    this.#panel.clearProblem();
    const face = this.#faces.chosen;
    if (!face) return this.#askForFace();
    this.#panel.running(true);
    this.#panel.state(STATES.camera, 'busy');
    try {
      const stream = await openDevices(this.#devices.choice, this.#size);
      if (turn !== this.#turn) return close(stream);
      this.#useCamera(stream);
      await this.#openSession(face, stream);
    } catch (error) {
      if (turn !== this.#turn) return;
      await this.#stop();
      this.#problem(error);
    }
  }

  #askForFace() {
    this.#faces.say(STATES.needsFace);
    const first = this.#byId('faces').querySelector('input');
    (first ?? this.#byId('file')).focus();
  }

  /** @param {Face} face @param {MediaStream} stream */
  async #openSession(face, stream) {
    const height = /** @type {keyof typeof QUALITIES} */ (this.#size.height);
    const live = new LiveSession(/** @type {import('./api.js').Api} */ (this.#api), {
      stream,
      codec: this.#select('codec').value,
      maxBitrate: BITRATES[height],
      frameRate: FRAME_RATE,
    });
    this.#live = live;
    this.#used = face;
    live.addEventListener('state', (e) => this.#showState(detail(e)));
    live.addEventListener('stream', (e) => this.#showResult(detail(e)));
    live.addEventListener('message', (e) => this.#takeMessage(detail(e)));
    live.addEventListener('ended', (e) => this.#end(detail(e)));
    const record = /** @type {HTMLInputElement} */ (this.#byId('record')).checked;
    await live.start(this.#people.wanted(face), QUALITIES[height], record);
    this.#meters.start();
  }

  async #stop() {
    this.#turn++;
    const live = this.#live;
    this.#live = null;
    this.#heard = '';
    this.#meters.stop();
    this.#panel.running(false);
    this.#panel.thaw();
    this.#panel.note('');
    this.#panel.label(null);
    this.#panel.picture('result', null);
    this.#window.label(null);
    this.#window.show(null);
    this.#useCamera(null);
    this.#rest();
    // The server ends a session that nobody joins, so a close that fails does no harm.
    await live?.stop().catch(() => {});
  }

  /** The page is going away: what can still be sent is sent. */
  #leave() {
    this.#live?.stop(true).catch(() => {});
  }

  /** The session is over for good. @param {unknown} error */
  async #end(error) {
    await this.#stop();
    this.#problem(error);
  }

  #retry() {
    this.#panel.clearProblem();
    if (this.#faces.chosen && !this.#live) this.#start();
    else if (this.#api) this.open(this.#api);
  }

  #rest() {
    this.#panel.state(this.#faces.chosen ? STATES.ready : STATES.needsFace, 'idle');
  }

  /** @param {{state: string, wait?: number}} told */
  #showState({ state, wait }) {
    if (state === 'creating') this.#panel.state(STATES.creating, 'busy');
    if (state === 'joining' && !this.#video('result').srcObject) this.#panel.state(STATES.joining, 'busy');
    if (state === 'joining') this.#heard = '';
    if (state === 'joined') this.#people.see(true);
    if (state === 'joined' && !this.#heard) this.#serverState('waiting');
    if (state !== 'lost') return;
    this.#panel.freeze();
    this.#panel.state(comingBack(wait ?? 0), 'warn');
    this.#panel.note(comingBack(wait ?? 0));
    this.#panel.meters(null);
  }

  /** @param {MediaStream} stream */
  #showResult(stream) {
    this.#panel.picture('result', stream);
    this.#window.show(stream);
  }

  /** @param {{type: string, [field: string]: any}} message */
  #takeMessage(message) {
    if (message.type === 'state') this.#serverState(message.state, message.text);
    if (message.type === 'refused') this.#problem({ kind: 'refused' });
    if (message.type === 'label') this.#label(/** @type {any} */ (message));
    if (message.type === 'statement') this.#takeStatement(message.statement);
    if (message.type === 'statistics') this.#takeFigures(message);
  }

  /** @param {{latency_ms?: number, recording?: boolean}} figures */
  #takeFigures(figures) {
    this.#meters.serverMs = figures.latency_ms ?? null;
    this.#panel.recording(figures.recording === true);
  }

  /** The policy leaves the label to this page. @param {import('./agora/label.js').LabelWords} words */
  #label(words) {
    const live = this.#live;
    this.#panel.label(words, (drawn) => live?.send({ type: 'label-drawn', drawn }));
    this.#window.label(words);
  }

  /** @param {string} text a JWS */
  async #takeStatement(text) {
    const live = this.#live;
    const statement = await verified(text);
    if (live === this.#live) this.#panel.statement(statement);
  }

  /** @param {string} state @param {string} [text] the server's words, for states unknown here */
  #serverState(state, text = '') {
    const known = /** @type {any} */ (SERVER_STATES)[state] ?? { line: text, tone: 'busy', note: text };
    this.#heard = state;
    const blind = this.#cameraOff && state !== 'swapping';
    this.#panel.state(blind ? STATES.cameraOff : known.line, blind ? 'warn' : known.tone);
    this.#panel.note(blind ? NOTES.cameraOff : known.note);
  }

  /** @param {Face} face */
  async #chose(face) {
    this.#panel.poster(face);
    const undo = this.#people.dress(face);
    if (await this.#wear()) this.#used = face;
    else undo();
  }

  /** Wear what is chosen now, where somebody is live. @returns {Promise<boolean>} whether it is */
  async #wear() {
    this.#panel.clearProblem();
    if (!this.#live) {
      this.#rest();
      return true;
    }
    this.#faces.say(FACES.changing);
    try {
      await this.#live.changeFace(this.#people.wanted(this.#faces.chosen ?? this.#used));
      this.#faces.say(FACES.changed);
      return true;
    } catch (error) {
      this.#faces.restore(this.#used);
      this.#faces.say('');
      this.#problem(error);
      return false;
    }
  }

  /** @param {Face} face */
  #removed(face) {
    this.#people.forget(face);
    if (!this.#live) this.#rest();
  }

  async #changeDevices() {
    if (!this.#live || !this.#camera) return;
    try {
      const stream = await openDevices(this.#devices.choice, this.#size);
      this.#useCamera(stream);
      await this.#live.replaceTrack('video', stream.getVideoTracks()[0] ?? null);
      await this.#live.replaceTrack('audio', stream.getAudioTracks()[0] ?? null);
    } catch (error) {
      this.#problem(error);
    }
  }

  /** @param {MediaStream | null} stream */
  #useCamera(stream) {
    if (this.#camera && this.#camera !== stream) close(this.#camera);
    this.#camera = stream;
    this.#panel.picture('camera', stream);
    if (!stream) this.#people.see(false);
    if (!stream) return;
    this.#mute(this.#muted);
    this.#blind(this.#cameraOff);
    stream.getVideoTracks()[0].onended = () => this.#problem({ kind: 'cameraEnded' });
    this.#devices.refresh();
  }

  /** @param {boolean} on */
  #mute(on) {
    this.#muted = on;
    for (const track of this.#camera?.getAudioTracks() ?? []) track.enabled = !on;
  }

  /** @param {boolean} on */
  #blind(on) {
    this.#cameraOff = on;
    for (const track of this.#camera?.getVideoTracks() ?? []) track.enabled = !on;
    if (this.#live && this.#heard) this.#serverState(this.#heard);
  }

  /** @param {boolean} on */
  #mirror(on) {
    for (const which of ['camera', 'result']) {
      this.#byId(`${which}-view`).classList.toggle('mirrored', on);
    }
  }

  #popOut() {
    if (!this.#window.open(this.#video('result'))) this.#problem({ kind: 'popupBlocked' });
  }

  /** @param {unknown} error */
  #problem(error) {
    if (this.#panel.problem(error).action === 'sign-in') this.dispatchEvent(new Event('signed-out'));
  }

  get #size() {
    const [width, height] = this.#select('size').value.split('x').map(Number);
    return { width, height };
  }

  /** @param {string} id @param {() => unknown} act */
  #press(id, act) {
    this.#byId(id).addEventListener('click', act);
  }

  /** @param {string} id @param {(on: boolean) => void} act */
  #toggle(id, act) {
    this.#press(id, () => {
      const button = this.#byId(id);
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(on));
      act(on);
    });
  }

  /** @param {string} id */
  #select(id) {
    return /** @type {HTMLSelectElement} */ (this.#byId(id));
  }

  /** @param {string} id */
  #video(id) {
    return /** @type {HTMLVideoElement} */ (this.#byId(id));
  }
}

/** @param {Event} event @returns {any} */
function detail(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

/** @param {MediaStream} stream */
function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}
