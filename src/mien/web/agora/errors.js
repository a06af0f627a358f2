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

/** The codes that this client uses. */
export const AgoraRTCErrorCode = Object.freeze({
  UNEXPECTED_ERROR: 'UNEXPECTED_ERROR',
  UNEXPECTED_RESPONSE: 'UNEXPECTED_RESPONSE',
  INVALID_PARAMS: 'INVALID_PARAMS',
  INVALID_OPERATION: 'INVALID_OPERATION',
  OPERATION_ABORTED: 'OPERATION_ABORTED',
  NOT_SUPPORTED: 'NOT_SUPPORTED',
  NOT_READABLE: 'NOT_READABLE',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  DEVICE_NOT_FOUND: 'DEVICE_NOT_FOUND',
  ENUMERATE_DEVICES_FAILED: 'ENUMERATE_DEVICES_FAILED',
  MEDIA_OPTION_INVALID: 'MEDIA_OPTION_INVALID',
  CONSTRAINT_NOT_SATISFIED: 'CONSTRAINT_NOT_SATISFIED',
  WEB_SECURITY_RESTRICT: 'WEB_SECURITY_RESTRICT',
  SHARE_AUDIO_NOT_ALLOWED: 'SHARE_AUDIO_NOT_ALLOWED',
  TRACK_IS_DISABLED: 'TRACK_IS_DISABLED',
  TRACK_STATE_UNREACHABLE: 'TRACK_STATE_UNREACHABLE',
  INVALID_LOCAL_TRACK: 'INVALID_LOCAL_TRACK',
  SET_ENCODING_PARAMETER_ERROR: 'SET_ENCODING_PARAMETER_ERROR',
  CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS: 'CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS',
  CAN_NOT_GET_GATEWAY_SERVER: 'CAN_NOT_GET_GATEWAY_SERVER',
  INVALID_REMOTE_USER: 'INVALID_REMOTE_USER',
  REMOTE_USER_IS_NOT_PUBLISHED: 'REMOTE_USER_IS_NOT_PUBLISHED',
  NETWORK_ERROR: 'NETWORK_ERROR',
  NETWORK_TIMEOUT: 'NETWORK_TIMEOUT',
  EXCHANGE_SDP_FAILED: 'EXCHANGE_SDP_FAILED',
  ICE_FAILED: 'ICE_FAILED',
  FETCH_AUDIO_FILE_FAILED: 'FETCH_AUDIO_FILE_FAILED',
  DECODE_AUDIO_FILE_FAILED: 'DECODE_AUDIO_FILE_FAILED',
});

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
  const code = MEDIA_CODES[error?.name] ?? 'UNEXPECTED_ERROR';
  return new AgoraRTCError(code, `${error?.name}: ${error?.message}`);
}

/** @param {string} what @returns {AgoraRTCError} */
export function notSupported(what) {
  return new AgoraRTCError('NOT_SUPPORTED', `${what} is not available on this server`);
}

/** @param {boolean} fine @param {string} message @returns {void} */
export function requireParameter(fine, message) {
  if (!fine) throw new AgoraRTCError('INVALID_PARAMS', message);
}
