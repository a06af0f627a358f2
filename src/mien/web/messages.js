// @ts-check
/** Every text of the page that comes and goes, and what to do about each problem. */

/**
 * @typedef {object} Problem
 * @property {string} title what happened
 * @property {string} advice what to do next
 * @property {'sign-in' | 'retry' | 'none'} [action] what the page offers
 */

export const STATES = Object.freeze({
  signedOut: 'Not signed in',
  needsFace: 'Choose a face to begin',
  ready: 'Ready when you are',
  camera: 'Asking for the camera…',
  creating: 'Opening a session…',
  joining: 'Connecting…',
  waiting: 'Connected. The first picture is on its way…',
  preparing: 'Preparing the face…',
  live: 'Live',
  noFace: 'No face in the picture',
  cameraOff: 'Your camera is off',
  noFrames: 'No picture from the camera',
  closing: 'The server ends the session…',
});

export const NOTES = Object.freeze({
  noFace: 'No face in the picture. Look into the camera, with light on your face.',
  cameraOff: 'Your camera is off, so there is nothing to swap.',
  noFrames: 'No picture comes from the camera. Is it covered, or used by another program?',
  waiting: 'The first picture is on its way…',
});

export const FACES = Object.freeze({
  reading: 'Looking for the face…',
  changing: 'Changing the face…',
  changed: 'The face has been changed.',
  /** @param {number} count @returns {string} */
  found: (count) =>
    count > 1 ? `${count} faces found. The one in the frame is used.` : 'Face found.',
  removed: 'The face has been removed.',
  /** @param {number} count @returns {string} */
  photos: (count) => `${count} photos of this face are used.`,
  /** @param {string} name @returns {string} */
  remove: (name) => `Remove ${name}`,
  /** @param {number} number @returns {string} */
  own: (number) => `Your face ${number}`,
});

export const PEOPLE = Object.freeze({
  looking: 'Looking who is there…',
  later: 'Once you are live, each person in the picture can be given a face.',
  each: 'Choose a person, then a face. Whoever has none stays as he is.',
  /** @param {number} number from the left @returns {string} */
  person: (number) => `Person ${number} from the left`,
  /** @param {string} name @param {string} [face] @returns {string} */
  wears: (name, face) => (face ? `${name}, with the face of ${face}` : `${name}, as he is`),
  /** @param {string} name @returns {string} */
  bare: (name) => `Take the face off ${name}`,
});

export const DEVICES = Object.freeze({
  /** @param {number} number @returns {string} */
  camera: (number) => `Camera ${number}`,
  /** @param {number} number @returns {string} */
  microphone: (number) => `Microphone ${number}`,
  anyCamera: 'Default camera',
  anyMicrophone: 'Default microphone',
  noMicrophone: 'No microphone',
});

/** @type {Readonly<Record<string, Problem>>} */
export const PROBLEMS = Object.freeze({
  NotFoundError: {
    title: 'No camera was found',
    advice: 'Plug one in, or open the lid, then start again.',
    action: 'retry',
  },
  NotAllowedError: {
    title: 'The camera is not allowed on this page',
    advice:
      'Click the camera or lock sign beside the address, allow camera and microphone, then start again.',
    action: 'retry',
  },
  NotReadableError: {
    title: 'The camera is busy',
    advice: 'Another program is using it. Close that program or its call, then start again.',
    action: 'retry',
  },
  insecure: {
    title: 'This address may not use the camera',
    advice: 'Browsers give the camera only to https pages and to localhost. Open the page there.',
    action: 'none',
  },
  cameraEnded: {
    title: 'The camera has gone',
    advice: 'It was unplugged or switched off. Connect it or choose another; the stream goes on.',
    action: 'none',
  },
  offline: {
    title: 'The server does not answer',
    advice: 'Check that Mien is running and that you are online, then try again.',
    action: 'retry',
  },
  unreachable: {
    title: 'Picture and sound can’t reach the server',
    advice: 'A firewall may be blocking UDP. Ask the operator of the server for a TURN relay.',
    action: 'retry',
  },
  refused: {
    title: 'The server refuses this camera’s picture',
    advice: 'Choose a smaller picture or another codec, then start again.',
    action: 'retry',
  },
  popupBlocked: {
    title: 'The window was blocked',
    advice: 'Allow pop-up windows for this page, then try again.',
    action: 'none',
  },
  notPicture: {
    title: 'That is not a picture',
    advice: 'Choose a JPEG, PNG, WebP, BMP or GIF file.',
    action: 'none',
  },
  nobody: {
    title: 'Nobody was found in the camera’s picture',
    advice: 'Look into the camera, all of you, then try again.',
    action: 'none',
  },
  server: {
    title: 'The server made a mistake',
    advice: 'Try again. If it stays so, its log says more.',
    action: 'retry',
  },
});

/** @type {Readonly<Record<number, Problem>>} */
const BY_CODE = Object.freeze({
  1005: { title: 'That was too fast', advice: 'Wait a little, then try again.', action: 'retry' },
  1006: { title: 'The quota is used up', advice: 'Ask the operator for more.', action: 'none' },
  1008: {
    title: 'The session has ended',
    advice: 'Start again to open a new one.',
    action: 'retry',
  },
  1009: { title: 'That is not allowed here', advice: 'Ask the operator why.', action: 'none' },
  1016: { title: 'This picture can’t be used', advice: 'Use another picture.', action: 'none' },
  1101: {
    title: 'Sign in again',
    advice: 'The sign-in is wrong or has run out.',
    action: 'sign-in',
  },
  1102: { title: 'Sign in first', advice: 'This page has no sign-in yet.', action: 'sign-in' },
  1200: {
    title: 'This account is blocked',
    advice: 'Ask the operator of the server why.',
    action: 'none',
  },
  1215: {
    title: 'No room on the server',
    advice: 'All places are taken. Try again in a minute.',
    action: 'retry',
  },
});

/** Codes whose own text says more than ours: what is wrong with a picture or a field. */
const SERVER_KNOWS_BETTER = Object.freeze([1003, 1004, 1007, 1009, 1016]);

/**
 * What to tell about any error.
 * @param {unknown} error an ApiError, a DOMException of a device, or anything else
 * @returns {Problem}
 */
export function describe(error) {
  const { code, kind, name, message } = /** @type {any} */ (error ?? {});
  if (kind && PROBLEMS[kind]) return PROBLEMS[kind];
  if (typeof code === 'number' && code >= 1000) return describeCode(code, message);
  if (name && PROBLEMS[name]) return PROBLEMS[name];
  return PROBLEMS.server;
}

/** @param {number} code @param {string} text @returns {Problem} */
function describeCode(code, text) {
  const known = BY_CODE[code] ?? { title: 'That did not work', advice: text, action: 'none' };
  const ours = known.advice;
  return { ...known, advice: SERVER_KNOWS_BETTER.includes(code) && text ? text : ours };
}

/** @param {number} seconds @returns {string} */
export function comingBack(seconds) {
  return seconds < 1
    ? 'Connection lost. Coming back…'
    : `Connection lost. Trying again in ${Math.ceil(seconds)} s…`;
}
