// @ts-check
/** Whether a track is more than silence or one still picture. */

import { AgoraRTCError } from './errors.js';

const LOOK_MS = 200;

/** Whether the picture changes. @param {any} track @param {number} timeout ms */
export async function pictureMoves(track, timeout) {
  if (track?.trackMediaType !== 'video') throw noTrack('video');
  const media = track.getMediaStreamTrack();
  if (media.readyState !== 'live' || !media.enabled) return false;
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([media]) });
  await video.play().catch(() => {});
  const first = look(video);
  return await within(timeout, () => look(video) !== first);
}

/** Whether there is sound. @param {any} track @param {number} timeout ms */
export function soundIsHeard(track, timeout) {
  if (track?.trackMediaType !== 'audio') throw noTrack('audio');
  return within(timeout, () => track.getVolumeLevel() > 0);
}

/** @param {number} timeout ms @param {() => boolean} happens @returns {Promise<boolean>} */
async function within(timeout, happens) {
  for (const until = performance.now() + timeout; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (happens()) return true;
  }
  return false;
}

/** @param {string} kind */
function noTrack(kind) {
  return new AgoraRTCError('INVALID_TRACK', `the parameter is not a ${kind} track`);
}

/** @param {HTMLVideoElement} video @returns {string} a small picture, as text */
function look(video) {
  const canvas = new OffscreenCanvas(32, 24);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
}
