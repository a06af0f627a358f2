/** Types of AgoraRTC on a Mien server; the names are those of the Agora Web SDK 4. */

import type { AgoraRTCErrorCode, AREAS } from './agora-rtc.constants.js';
import type * as constants from './agora-rtc.constants.js';
import type {
  ClientConfig, IAgoraRTCClient, IChannelMediaRelayConfiguration,
} from './agora-rtc.client.js';
import type { LastmileProbeResult } from './agora-rtc.statistics.js';
import type {
  AudioTrackInitConfig, BufferSourceAudioTrackInitConfig, CameraVideoTrackInitConfig,
  CustomAudioTrackInitConfig, CustomVideoTrackInitConfig, EventEmitter, IBufferSourceAudioTrack,
  ICameraVideoTrack, ILocalAudioTrack, ILocalVideoTrack, IMicrophoneAudioTrack, IRemoteAudioTrack,
  IRemoteVideoTrack, MicrophoneAudioTrackInitConfig, ScreenSourceType, ScreenVideoTrackInitConfig,
  UID,
} from './agora-rtc.tracks.js';

export * from './agora-rtc.client.js';
export * from './agora-rtc.constants.js';
export * from './agora-rtc.statistics.js';
export * from './agora-rtc.tracks.js';

declare const AgoraRTC: IAgoraRTC;
export default AgoraRTC;
export { AgoraRTC };
export as namespace AgoraRTC;

declare global {
  /** Where Mien is, for pages that name it outside of the program. */
  var MIEN_SERVER: string | undefined;
}

export declare class AgoraRTCError extends Error {
  constructor(code: AgoraRTCErrorCode | string, message?: string, data?: unknown);
  readonly name: string;
  readonly message: string;
  readonly code: AgoraRTCErrorCode;
  readonly data?: any;
  toString(): string;
  print(level?: 'error' | 'warning'): this;
  throw(): never;
}
export type IAgoraRTCError = AgoraRTCError;

export type DeviceState = 'ACTIVE' | 'INACTIVE';
export interface DeviceInfo {
  /** ms since the epoch */
  initAt: number;
  /** ms since the epoch */
  updateAt: number;
  state: DeviceState;
  device: MediaDeviceInfo;
}
export interface ElectronDesktopCapturerSource {
  id: string;
  name: string;
  thumbnail: unknown;
}

/** The cloud's own: wishes are taken and change nothing, services throw NOT_SUPPORTED. */
interface CloudFunctions {
  preload(appid: string, channel: string, token: string | null, uid?: UID | null): Promise<void>;
  startLastmileProbeTest(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
  ): Promise<LastmileProbeResult>;
  setAppType(type: number): void;
  setLogLevel(level: number): void;
  enableLogUpload(): void;
  disableLogUpload(): void;
  setArea(area: AREAS[] | { areaCode: AREAS[]; excludedArea?: AREAS }): void;
  processExternalMediaAEC(element: HTMLMediaElement): void;
  registerExtensions(extensions: any[]): void;
  use(plugin: any): IAgoraRTC;
  createChannelMediaRelayConfiguration(): IChannelMediaRelayConfiguration;
  getElectronScreenSources(type?: ScreenSourceType): Promise<ElectronDesktopCapturerSource[]>;
}

/** Callbacks that a page may set. */
interface PagesCallbacks {
  onAutoplayFailed?: () => void;
  onAudioAutoplayFailed?: () => void;
  onCameraChanged?: (info: DeviceInfo) => void;
  onMicrophoneChanged?: (info: DeviceInfo) => void;
  onPlaybackDeviceChanged?: (info: DeviceInfo) => void;
  onSecurityPolicyViolation?: (event: SecurityPolicyViolationEvent) => void;
  onAudioContextStateChanged?: (now: AudioContextState, before?: AudioContextState) => void;
}

interface EntryEvents {
  on(
    event: 'camera-changed' | 'microphone-changed' | 'playback-device-changed',
    listener: (info: DeviceInfo) => void,
  ): void;
  on(event: 'autoplay-failed', listener: () => void): void;
  on(
    event: 'security-policy-violation',
    listener: (event: SecurityPolicyViolationEvent) => void,
  ): void;
  on(
    event: 'audio-context-state-changed',
    listener: (now: AudioContextState, before?: AudioContextState) => void,
  ): void;
  on(event: string, listener: Function): void;
}

type Enumerations = Omit<typeof constants, 'AgoraRTCErrorCode' | 'VideoState'>;

export interface IAgoraRTC
  extends EventEmitter, CloudFunctions, PagesCallbacks, EntryEvents, Enumerations {
  readonly VERSION: string;
  readonly BUILD: string;
  readonly DEV: boolean;
  readonly ESM: boolean;
  readonly ESM_BUNDLER: boolean;
  readonly UMD: boolean;
  on: EntryEvents['on'];
  createClient(config?: ClientConfig): IAgoraRTCClient;
  createMicrophoneAudioTrack(config?: MicrophoneAudioTrackInitConfig): Promise<IMicrophoneAudioTrack>;
  createCameraVideoTrack(config?: CameraVideoTrackInitConfig): Promise<ICameraVideoTrack>;
  createMicrophoneAndCameraTracks(
    audio?: MicrophoneAudioTrackInitConfig,
    video?: CameraVideoTrackInitConfig,
  ): Promise<[IMicrophoneAudioTrack, ICameraVideoTrack]>;
  createCustomAudioTrack(config: CustomAudioTrackInitConfig): ILocalAudioTrack;
  createCustomVideoTrack(config: CustomVideoTrackInitConfig): ILocalVideoTrack;
  createBufferSourceAudioTrack(
    config: BufferSourceAudioTrackInitConfig,
  ): Promise<IBufferSourceAudioTrack>;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig,
    withAudio: 'enable',
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack]>;
  createScreenVideoTrack(
    config?: ScreenVideoTrackInitConfig,
    withAudio?: 'disable',
  ): Promise<ILocalVideoTrack>;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig,
    withAudio?: 'enable' | 'disable' | 'auto' | AudioTrackInitConfig,
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack] | ILocalVideoTrack>;
  getDevices(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getCameras(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getMicrophones(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getPlaybackDevices(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getSupportedCodec(): Promise<{ video: string[]; audio: string[] }>;
  checkSystemRequirements(): boolean;
  checkVideoTrackIsActive(track: ILocalVideoTrack | IRemoteVideoTrack, ms?: number): Promise<boolean>;
  checkAudioTrackIsActive(track: ILocalAudioTrack | IRemoteAudioTrack, ms?: number): Promise<boolean>;
  resumeAudioContext(): void;
  /** "MIEN_SERVER": where Mien is. "MIEN_OWN_VOICE": "play" to hear oneself. */
  setParameter(name: string, value: unknown): void;
  getParameter(name: string): any;
}

/** Each function as an export of its own, as in "agora-rtc-sdk-ng/esm". */
export declare const {
  BUILD, DEV, ESM, ESM_BUNDLER, UMD, VERSION,
  checkAudioTrackIsActive, checkSystemRequirements, checkVideoTrackIsActive,
  createBufferSourceAudioTrack, createCameraVideoTrack, createChannelMediaRelayConfiguration,
  createClient, createCustomAudioTrack, createCustomVideoTrack, createMicrophoneAndCameraTracks,
  createMicrophoneAudioTrack, createScreenVideoTrack, disableLogUpload, enableLogUpload,
  getCameras, getDevices, getElectronScreenSources, getMicrophones, getParameter,
  getPlaybackDevices, getSupportedCodec, preload, processExternalMediaAEC, registerExtensions,
  resumeAudioContext, setAppType, setArea, setLogLevel, setParameter, startLastmileProbeTest,
}: IAgoraRTC;
export declare function onAudioAutoplayFailed(callback: () => void): void;
export declare function onAudioContextStateChanged(
  callback: (now: AudioContextState, before?: AudioContextState) => void,
): void;
export declare function onAutoplayFailed(callback: () => void): void;
export declare function onCameraChanged(callback: (info: DeviceInfo) => void): void;
export declare function onMicrophoneChanged(callback: (info: DeviceInfo) => void): void;
export declare function onPlaybackDeviceChanged(callback: (info: DeviceInfo) => void): void;
export declare function onSecurityPolicyViolation(
  callback: (event: SecurityPolicyViolationEvent) => void,
): void;
