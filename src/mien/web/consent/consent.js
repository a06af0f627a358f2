// @ts-check
/** The depicted person's page: what is asked, a short clip as the answer, and the way back. */

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const token = location.hash.slice(1);

const USES = Object.freeze({ live: 'live video', file: 'files', recording: 'recordings' });
const SPEAK_MS = 4000;
const TURN_MS = 2200;

/** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} the answer's data */
async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`/v1/consent${path}`, { ...options, headers }).catch(() => null);
  if (!response) throw new Error('The server does not answer. Try again in a moment.');
  const { data, msg } = await response.json();
  if (!response.ok) throw new Error(msg);
  return data;
}

/** @param {unknown} error */
function trouble(error) {
  const named = /** @type {{name?: string, message?: string}} */ (error);
  const denied = named.name === 'NotAllowedError' || named.name === 'NotFoundError';
  part('trouble').hidden = false;
  part('trouble-text').textContent = denied
    ? 'Camera and microphone are needed. Plug them in, and allow them beside the address.'
    : (named.message ?? 'It failed.');
}

/** @param {[string, string][]} facts */
function list(facts) {
  part('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [
      Object.assign(document.createElement('dt'), { textContent: name }),
      Object.assign(document.createElement('dd'), { textContent: value }),
    ]),
  );
}

/** @param {string} title @param {string} text @param {boolean} [back] whether it can be taken back */
function finish(title, text, back = false) {
  part('record').hidden = true;
  part('done').hidden = false;
  part('done-title').textContent = title;
  part('done-text').textContent = text;
  part('withdraw').hidden = !back;
}

function given() {
  finish('You have agreed.', 'Keep this link: with it you can take your consent back.', true);
}

function refused() {
  finish('Your face is not used.', 'You have refused, or taken your consent back. You may close this page.');
}

async function load() {
  const about = await ask('');
  part('about').hidden = false;
  part('asks').textContent = `The account “${about.asked_by}” asks to use the face of ${about.subject}.`;
  const until = about.valid_until ? new Date(about.valid_until * 1000).toLocaleDateString() : 'you take it back';
  list([
    ['For', about.scope.map((/** @type {keyof typeof USES} */ use) => USES[use]).join(', ')],
    ['Until', until],
  ]);
  if (about.state === 'given') given();
  else if (about.state === 'withdrawn') refused();
  else if (about.state === 'expired') finish('This link has run out.', 'Ask for a new one.');
  else part('record').hidden = false;
}

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Say what to do, one thing after the other. @param {{phrase: string[], turns: string[]}} asked */
async function lead(asked) {
  const step = part('step');
  step.textContent = `Look straight ahead and say: ${asked.phrase.join(', ')}`;
  await pause(SPEAK_MS);
  for (const side of asked.turns) {
    step.textContent = `Turn your head to your ${side}`;
    await pause(TURN_MS);
    step.textContent = 'And look straight ahead again';
    await pause(TURN_MS / 2);
  }
}

/** @param {MediaStream} stream @param {{phrase: string[], turns: string[]}} asked @returns {Promise<Blob>} */
async function film(stream, asked) {
  const type = ['video/webm;codecs=vp8,opus', 'video/mp4'].find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 1_500_000 });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await lead(asked);
  recorder.stop();
  await stopped;
  return new Blob(parts);
}

async function record() {
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: 'user' };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: true });
  const camera = /** @type {HTMLVideoElement} */ (part('camera'));
  try {
    camera.srcObject = stream;
    camera.hidden = false;
    await camera.play();
    const clip = await film(stream, await ask('/challenge', { method: 'POST' }));
    part('step').textContent = 'One moment…';
    const { accepted, faults } = await ask('/clip', { method: 'POST', body: clip });
    if (accepted) given();
    else part('step').textContent = `${faults.join(' ')} Please try once more.`;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    camera.srcObject = null;
    camera.hidden = true;
  }
}

/** One thing at a time: buttons rest meanwhile. @param {() => Promise<void>} act */
async function busy(act) {
  const buttons = /** @type {HTMLButtonElement[]} */ (['begin', 'refuse', 'withdraw'].map(part));
  part('trouble').hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    await act();
  } catch (error) {
    part('step').textContent = 'Nothing was sent.';
    trouble(error);
  }
  for (const button of buttons) button.disabled = false;
}

async function withdraw() {
  await ask('/withdraw', { method: 'POST' });
  refused();
}

part('begin').addEventListener('click', () => busy(record));
part('refuse').addEventListener('click', () => busy(withdraw));
part('withdraw').addEventListener('click', () => busy(withdraw));
busy(load);
