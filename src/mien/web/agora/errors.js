// @ts-check
/** What can go wrong, told with the codes of the Agora Web SDK. */

/** The SDK's error: `code` is what programs look at. */
export class AgoraRTCError extends Error {
  /** @param {string} code @param {string} [message] @param {unknown} [data] */
  constructor(code, message = '', data) {
    super(`AgoraRTCError ${code}: ${message}`);
    this.name = 'AgoraRTCException';
    this.code = code;
    this.data = data;
  }

  toString() {
    return this.data ? `${this.message}\ndata: ${JSON.stringify(this.data)}` : this.message;
  }

  /** @param {'error' | 'warning'} [level] @returns {this} */
  print(level = 'error') {
    (level === 'error' ? console.error : console.warn)(this.toString());
    return this;
  }

  /** @returns {never} */
  throw() {
    this.print();
    throw this;
  }
}

/** @type {Readonly<Record<string, string>>} the name of a getUserMedia failure to a code */
const MEDIA_CODES = Object.freeze({
  NotAllowedError: 'PERMISSION_DENIED',
  InvalidStateError: 'PERMISSION_DENIED',
  NotFoundError: 'DEVICE_NOT_FOUND',
  NotReadableError: 'NOT_READABLE',
  AbortError: 'NOT_READABLE',
  OverconstrainedError: 'MEDIA_OPTION_INVALID',
  TypeError: 'MEDIA_OPTION_INVALID',
  SecurityError: 'WEB_SECURITY_RESTRICT',
  NotSupportedError: 'NOT_SUPPORTED',
});

/** @param {any} error of getUserMedia or getDisplayMedia @returns {AgoraRTCError} */
export function mediaError(error) {
  const unplugged = error?.name === 'OverconstrainedError' && error.constraint === 'deviceId';
  const code = unplugged ? 'DEVICE_NOT_FOUND' : (MEDIA_CODES[error?.name] ?? 'UNEXPECTED_ERROR');
  return new AgoraRTCError(code, `${error?.name}: ${error?.message || error?.constraint || ''}`);
}

/** @param {string} what @returns {AgoraRTCError} */
export function notSupported(what) {
  return new AgoraRTCError('NOT_SUPPORTED', `${what} is not available on this server`);
}

/** @param {boolean} fine @param {string} message @returns {void} */
export function requireParameter(fine, message) {
  if (!fine) throw new AgoraRTCError('INVALID_PARAMS', message);
}
