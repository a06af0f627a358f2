// @ts-check
/** What is wrong with what the page hands in, in the words of the SDK. */

import { AgoraRTCError, notSupported, requireParameter } from './errors.js';

const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,64}$/;
const MOST_UID = 2 ** 32 - 1;

/** @param {unknown} appId @param {unknown} channel @param {unknown} token @param {unknown} uid */
export function checkJoin(appId, channel, token, uid) {
  requireParameter(typeof appId === 'string' && appId.length > 0, 'appid is empty');
  requireParameter(
    typeof channel === 'string' && CHANNEL_NAME.test(channel),
    'channel is no name of 1 to 64 characters',
  );
  requireParameter(
    token === null || (typeof token === 'string' && token.length > 0),
    'token is empty; if you do not use a token, set it to null',
  );
  requireParameter(uid === null || isUid(uid), 'uid is no number from 0 to 4294967295 and no string');
}

/** @param {unknown} uid */
function isUid(uid) {
  if (typeof uid === 'string') return uid.length <= 255;
  return Number.isInteger(uid) && Number(uid) >= 0 && Number(uid) <= MOST_UID;
}

/**
 * What the server would refuse as well, with the words of the SDK.
 * @param {import('./token.js').TokenClaims} claims
 * @param {string} appId @param {string} channel @param {number | string | null} uid
 */
export function checkClaims(claims, appId, channel, uid) {
  const refuse = (/** @type {string} */ why) => {
    throw new AgoraRTCError('CAN_NOT_GET_GATEWAY_SERVER', why);
  };
  if (claims.appId !== appId) refuse('invalid vendor key, can not find appid');
  if (claims.channel !== channel) refuse('invalid token, authorized failed: another channel');
  const anyUid = uid === null || Number(uid) === 0 || !claims.uid;
  if (!anyUid && claims.uid !== String(uid)) refuse('invalid token, authorized failed: another uid');
}

/** @param {any} track */
export function checkTrack(track) {
  const fits = typeof track?.getMediaStreamTrack === 'function';
  if (!fits && Number.isInteger(track?.id)) throw notSupported('a data channel');
  requireParameter(fits, 'parameter is not local track');
}

/** @param {any} track */
export function checkPublishable(track) {
  if (track.closed) throw new AgoraRTCError('INVALID_LOCAL_TRACK', 'the track is closed');
  if (track.enabled !== false) return;
  throw new AgoraRTCError('TRACK_IS_DISABLED', `can not publish a disabled track: ${track.getTrackId()}`);
}

/** @param {string[]} known @param {string} value @param {string} name */
export function requireOneOf(known, value, name) {
  requireParameter(known.includes(value), `${name} can only be set as ${JSON.stringify(known)}`);
}

/** @param {any} mediaType */
export function requireKind(mediaType) {
  if (mediaType === 'datachannel') throw notSupported('a data channel');
  requireOneOf(['audio', 'video'], mediaType, 'mediaType');
}

/** @param {any} server @returns {RTCIceServer} */
export function iceServer(server) {
  if (server?.urls) return server;
  requireParameter(typeof server?.turnServerURL === 'string', 'turnServerURL is missing');
  const { turnServerURL: host, username, password, security, udpport, tcpport } = server;
  const scheme = security ? 'turns' : 'turn';
  const urls = [`${scheme}:${host}:${udpport ?? 3478}?transport=udp`];
  if (tcpport) urls.push(`${scheme}:${host}:${tcpport}?transport=tcp`);
  return { urls, username, credential: password };
}
