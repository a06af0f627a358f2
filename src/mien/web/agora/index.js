// @ts-check
/** AgoraRTC as an ES module. */

import { AgoraRTCEntry } from './agora.js';

const AgoraRTC = new AgoraRTCEntry();
// Rendering on a server imports this file too, and has none of a browser.
if (typeof window !== 'undefined') AgoraRTC.start(import.meta.url);

export default AgoraRTC;
export { AgoraRTCError, AgoraRTCErrorCode } from './errors.js';
export { VideoState } from './remotetrack.js';
