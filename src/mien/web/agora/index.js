// @ts-check
/** AgoraRTC as an ES module. */

import { AgoraRTCEntry } from './agora.js';

const AgoraRTC = new AgoraRTCEntry();
// Rendering on a server imports this file too, and has none of a browser.
if (typeof window !== 'undefined') AgoraRTC.start(import.meta.url);

export default AgoraRTC;
export { AgoraRTC };
export {
  AgoraRTCErrorCode, AREAS, AudienceLatencyLevelType, ChannelMediaRelayError,
  ChannelMediaRelayEvent, ChannelMediaRelayState, ConnectionDisconnectedReason,
  RemoteStreamFallbackType, RemoteStreamType, VideoState,
} from './constants.js';
export { AgoraRTCError } from './errors.js';

// The SDK's "agora-rtc-sdk-ng/esm" has each of AgoraRTC's functions as an export of its own.
export const {
  BUILD, DEV, ESM, ESM_BUNDLER, UMD, VERSION,
  checkAudioTrackIsActive, checkSystemRequirements, checkVideoTrackIsActive,
  createBufferSourceAudioTrack, createCameraVideoTrack, createChannelMediaRelayConfiguration,
  createClient, createCustomAudioTrack, createCustomVideoTrack, createMicrophoneAndCameraTracks,
  createMicrophoneAudioTrack, createScreenVideoTrack, disableLogUpload, enableLogUpload,
  getCameras, getDevices, getElectronScreenSources, getMicrophones, getParameter,
  getPlaybackDevices, getSupportedCodec, preload, processExternalMediaAEC, registerExtensions,
  resumeAudioContext, setAppType, setArea, setLogLevel, setParameter, startLastmileProbeTest,
} = AgoraRTC;

/** @param {string} name of a callback of AgoraRTC @returns {(callback: Function) => void} */
const callback = (name) => (listener) => Object.assign(AgoraRTC, { [name]: listener });
export const onAudioAutoplayFailed = callback('onAudioAutoplayFailed');
export const onAudioContextStateChanged = callback('onAudioContextStateChanged');
export const onAutoplayFailed = callback('onAutoplayFailed');
export const onCameraChanged = callback('onCameraChanged');
export const onMicrophoneChanged = callback('onMicrophoneChanged');
export const onPlaybackDeviceChanged = callback('onPlaybackDeviceChanged');
export const onSecurityPolicyViolation = callback('onSecurityPolicyViolation');
