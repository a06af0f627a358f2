/** Types of AgoraRTC on a Mien server; the names are those of the Agora Web SDK 4. */

declare const AgoraRTC: IAgoraRTC;
export default AgoraRTC;
export as namespace AgoraRTC;

declare global {
  /** Where Mien is, for pages that name it outside of the program. */
  var MIEN_SERVER: string | undefined;
}

export type UID = number | string;
export type SDK_MODE = 'rtc' | 'live' | 'p2p';
export type SDK_CODEC = 'vp8' | 'vp9' | 'h264' | 'h265' | 'av1';
export type ClientRole = 'host' | 'audience';
export type MediaType = 'audio' | 'video';
export type OptimizationMode = 'motion' | 'detail' | 'balanced';
export type ConnectionState =
  | 'DISCONNECTED'
  | 'CONNECTING'
  | 'CONNECTED'
  | 'RECONNECTING'
  | 'DISCONNECTING';
export type ConnectionDisconnectedReason =
  | 'LEAVE'
  | 'NETWORK_ERROR'
  | 'SERVER_ERROR'
  | 'TOKEN_EXPIRE'
  | 'UID_CONFLICT';
export type VideoFacingModeEnum = 'user' | 'environment' | 'left' | 'right';

export class AgoraRTCError extends Error {
  constructor(code: string, message?: string, data?: unknown);
  readonly code: string;
  readonly data?: any;
  print(level?: 'error' | 'warning'): this;
  throw(): never;
}
export type IAgoraRTCError = AgoraRTCError;
export const AgoraRTCErrorCode: Readonly<Record<string, string>>;
export const VideoState: Readonly<{
  VideoStateStopped: 0;
  VideoStateStarting: 1;
  VideoStateDecoding: 2;
  VideoStateFrozen: 3;
}>;

export interface ClientConfig {
  mode: SDK_MODE;
  codec: SDK_CODEC;
  role?: ClientRole;
  turnServer?: TurnServerConfig | RTCIceServer[];
  [ignored: string]: unknown;
}
export interface TurnServerConfig {
  turnServerURL: string;
  username: string;
  password: string;
  udpport?: number;
  tcpport?: number;
  security?: boolean;
  forceturn?: boolean;
}
export interface IJoinOptions {
  autoSubscribe?: boolean;
  autoReceiveAndPlayAudio?: boolean;
}

export interface ConstrainLong {
  min?: number;
  max?: number;
  ideal?: number;
  exact?: number;
}
export interface VideoEncoderConfiguration {
  width?: number | ConstrainLong;
  height?: number | ConstrainLong;
  frameRate?: number | ConstrainLong;
  /** kbit/s */
  bitrateMin?: number;
  /** kbit/s */
  bitrateMax?: number;
  scaleResolutionDownBy?: number;
}
/** Such as "480p_1", "720p_2" or "1080p_1". */
export type VideoEncoderConfigurationPreset = string;
export interface AudioEncoderConfiguration {
  /** Hz */
  sampleRate?: number;
  /** bits */
  sampleSize?: number;
  stereo?: boolean;
  /** kbit/s */
  bitrate?: number;
}
export type AudioEncoderConfigurationPreset =
  | 'speech_low_quality'
  | 'speech_standard'
  | 'music_standard'
  | 'standard_stereo'
  | 'high_quality'
  | 'high_quality_stereo';
export interface CameraVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset;
  cameraId?: string;
  facingMode?: VideoFacingModeEnum;
  optimizationMode?: OptimizationMode;
}
export interface MicrophoneAudioTrackInitConfig {
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
  microphoneId?: string;
  AEC?: boolean;
  AGC?: boolean;
  ANS?: boolean;
  DTX?: boolean;
}
export interface CustomVideoTrackInitConfig extends VideoEncoderConfiguration {
  mediaStreamTrack: MediaStreamTrack;
  optimizationMode?: OptimizationMode;
}
export interface CustomAudioTrackInitConfig {
  mediaStreamTrack: MediaStreamTrack;
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
}
export interface ScreenVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset;
  optimizationMode?: OptimizationMode;
  displaySurface?: 'browser' | 'window' | 'monitor';
  [option: string]: unknown;
}
export interface VideoPlayerConfig {
  fit?: 'cover' | 'contain' | 'fill';
  mirror?: boolean;
  noStyle?: boolean;
}
export interface DeviceInfo {
  initAt: number;
  updateAt: number;
  state: 'ACTIVE' | 'INACTIVE';
  device: MediaDeviceInfo;
}
export interface NetworkQuality {
  uplinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  downlinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

/** Bit rates in bit/s, delays in ms, durations in s, in all statistics. */
export interface AgoraRTCStats {
  Duration: number;
  UserCount: number;
  RTT: number;
  SendBitrate: number;
  RecvBitrate: number;
  SendBytes: number;
  RecvBytes: number;
  /** kbit/s */
  OutgoingAvailableBandwidth: number;
}
interface SentStats {
  sendBitrate: number;
  sendBytes: number;
  sendPackets: number;
  sendPacketsLost: number;
  sendJitterMs: number;
  sendRttMs: number;
  currentPacketLossRate: number;
}
export interface LocalAudioTrackStats extends SentStats {
  codecType?: 'opus';
  /** 0 to 32767 */
  sendVolumeLevel: number;
}
export interface LocalVideoTrackStats extends SentStats {
  codecType?: 'H264' | 'VP8';
  sendFrameRate?: number;
  captureFrameRate?: number;
  sendResolutionWidth: number;
  sendResolutionHeight: number;
  captureResolutionWidth: number;
  captureResolutionHeight: number;
  encodeDelay?: number;
  targetSendBitrate: number;
  totalDuration: number;
  totalFreezeTime: number;
}
interface ReceivedStats {
  transportDelay: number;
  end2EndDelay: number;
  receiveBitrate: number;
  receiveBytes: number;
  receiveDelay: number;
  receivePackets: number;
  receivePacketsLost: number;
  packetLossRate: number;
  currentPacketLossRate: number;
  totalDuration: number;
  totalFreezeTime: number;
  freezeRate: number;
  publishDuration: number;
}
export interface RemoteAudioTrackStats extends ReceivedStats {
  codecType?: 'opus';
  /** 0 to 32767 */
  receiveLevel: number;
  receivePacketsDiscarded: number;
}
export interface RemoteVideoTrackStats extends ReceivedStats {
  codecType?: 'H264' | 'VP8';
  receiveFrameRate?: number;
  decodeFrameRate?: number;
  renderFrameRate?: number;
  receiveResolutionWidth: number;
  receiveResolutionHeight: number;
}

declare class EventEmitter {
  getListeners(event: string): Function[];
  on(event: string, listener: Function): void;
  once(event: string, listener: Function): void;
  off(event: string, listener: Function): void;
  removeAllListeners(event?: string): void;
}

export interface ITrack extends EventEmitter {
  readonly trackMediaType: MediaType;
  readonly isPlaying: boolean;
  getTrackId(): string;
  getMediaStreamTrack(): MediaStreamTrack;
  getRTCRtpTransceiver(): RTCRtpTransceiver | undefined;
  play(element?: string | HTMLElement): void;
  stop(): void;
}
export interface ILocalTrack extends ITrack {
  readonly muted: boolean;
  readonly enabled: boolean;
  getTrackLabel(): string;
  setEnabled(enabled: boolean): Promise<void>;
  setMuted(muted: boolean): Promise<void>;
  getStats(): LocalAudioTrackStats | LocalVideoTrackStats;
  close(): void;
  on(event: 'track-ended', listener: () => void): void;
  on(event: 'track-updated', listener: (track: MediaStreamTrack) => void): void;
  on(event: string, listener: Function): void;
}
interface ShownTrack {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getCurrentFrameData(): ImageData;
  getVideoElementVisibleStatus(): { visible: true } | { visible: false; reason: string } | undefined;
}
export interface ILocalVideoTrack extends ILocalTrack, ShownTrack {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): LocalVideoTrackStats;
  setEncoderConfiguration(
    config: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
  ): Promise<void>;
  setOptimizationMode(mode: OptimizationMode): Promise<void>;
  replaceTrack(track: MediaStreamTrack, stopOldTrack: boolean): Promise<void>;
  clone(config?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset): ILocalVideoTrack;
  getCurrentFrameImage(
    imageType: string,
    quality: number,
  ): Promise<{ buffer: Uint8Array; width: number; height: number }>;
  setBeautyEffect(enabled: boolean, options?: object): Promise<void>;
}
export interface ICameraVideoTrack extends ILocalVideoTrack {
  setDevice(device: string | { deviceId: string } | { facingMode: VideoFacingModeEnum }): Promise<void>;
}
export interface ILocalAudioTrack extends ILocalTrack {
  play(): void;
  getStats(): LocalAudioTrackStats;
  /** 0 to 1000; 100 for as it is */
  setVolume(volume: number): void;
  /** 0 to 1 */
  getVolumeLevel(): number;
  setPlaybackDevice(deviceId: string): Promise<void>;
}
export interface IMicrophoneAudioTrack extends ILocalAudioTrack {
  setDevice(deviceId: string): Promise<void>;
}
export interface IRemoteTrack extends ITrack {
  getUserId(): UID;
  getStats(): RemoteAudioTrackStats | RemoteVideoTrackStats;
  on(event: 'first-frame-decoded', listener: () => void): void;
  on(event: 'track-updated', listener: (track: MediaStreamTrack) => void): void;
  on(event: string, listener: Function): void;
}
export interface IRemoteVideoTrack extends IRemoteTrack, ShownTrack {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): RemoteVideoTrackStats;
}
export interface IRemoteAudioTrack extends IRemoteTrack {
  play(): void;
  getStats(): RemoteAudioTrackStats;
  /** 0 to 100 */
  setVolume(volume: number): void;
  getVolume(): number;
  /** 0 to 1 */
  getVolumeLevel(): number;
  setPlaybackDevice(deviceId: string): Promise<void>;
}

export interface IAgoraRTCRemoteUser {
  readonly uid: UID;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly audioTrack?: IRemoteAudioTrack;
  readonly videoTrack?: IRemoteVideoTrack;
}

export interface IAgoraRTCClient extends EventEmitter {
  readonly connectionState: ConnectionState;
  readonly remoteUsers: IAgoraRTCRemoteUser[];
  readonly localTracks: ILocalTrack[];
  readonly uid?: UID;
  readonly channelName?: string;
  readonly mode: SDK_MODE;
  readonly role: ClientRole;
  join(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
    options?: IJoinOptions,
  ): Promise<UID>;
  leave(): Promise<void>;
  publish(tracks: ILocalTrack | ILocalTrack[]): Promise<void>;
  unpublish(tracks?: ILocalTrack | ILocalTrack[]): Promise<void>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: 'video'): Promise<IRemoteVideoTrack>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: 'audio'): Promise<IRemoteAudioTrack>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: MediaType): Promise<IRemoteTrack>;
  presubscribe(uid: UID, mediaType: MediaType): Promise<IRemoteTrack>;
  unsubscribe(user: IAgoraRTCRemoteUser | UID, mediaType?: MediaType): Promise<void>;
  massSubscribe(
    list: { user: IAgoraRTCRemoteUser; mediaType: MediaType }[],
  ): Promise<
    { user: IAgoraRTCRemoteUser; mediaType: MediaType; track?: IRemoteTrack; error?: AgoraRTCError }[]
  >;
  massUnsubscribe(list: { user: IAgoraRTCRemoteUser; mediaType?: MediaType }[]): Promise<void>;
  setClientRole(role: ClientRole, options?: object): Promise<void>;
  renewToken(token: string): Promise<void>;
  setTurnServer(config: TurnServerConfig | TurnServerConfig[] | RTCIceServer[]): void;
  startProxyServer(mode?: number): void;
  stopProxyServer(): void;
  enableAudioVolumeIndicator(): void;
  enableDualStream(): Promise<void>;
  disableDualStream(): Promise<void>;
  getRTCStats(): AgoraRTCStats;
  getLocalAudioStats(): LocalAudioTrackStats;
  getLocalVideoStats(): LocalVideoTrackStats;
  getRemoteAudioStats(): { [uid: string]: RemoteAudioTrackStats };
  getRemoteVideoStats(): { [uid: string]: RemoteVideoTrackStats };
  getRemoteNetworkQuality(): { [uid: string]: NetworkQuality };
  getNetworkQuality(): NetworkQuality;
  on(event: 'user-joined', listener: (user: IAgoraRTCRemoteUser) => void): void;
  on(event: 'user-left', listener: (user: IAgoraRTCRemoteUser, reason: string) => void): void;
  on(
    event: 'user-published' | 'user-unpublished',
    listener: (user: IAgoraRTCRemoteUser, mediaType: MediaType) => void,
  ): void;
  on(
    event: 'connection-state-change',
    listener: (
      now: ConnectionState,
      before: ConnectionState,
      reason?: ConnectionDisconnectedReason,
    ) => void,
  ): void;
  on(event: 'network-quality', listener: (quality: NetworkQuality) => void): void;
  on(event: 'volume-indicator', listener: (levels: { uid: UID; level: number }[]) => void): void;
  on(
    event: 'exception',
    listener: (event: { code: number; msg: string; uid: UID }) => void,
  ): void;
  on(
    event: 'token-privilege-will-expire' | 'token-privilege-did-expire',
    listener: () => void,
  ): void;
  on(event: string, listener: Function): void;
  /** Other methods of the cloud are there and throw NOT_SUPPORTED, or change nothing. */
  [other: string]: any;
}

export interface IAgoraRTC extends EventEmitter {
  readonly VERSION: string;
  createClient(config?: ClientConfig): IAgoraRTCClient;
  createMicrophoneAudioTrack(config?: MicrophoneAudioTrackInitConfig): Promise<IMicrophoneAudioTrack>;
  createCameraVideoTrack(config?: CameraVideoTrackInitConfig): Promise<ICameraVideoTrack>;
  createMicrophoneAndCameraTracks(
    audio?: MicrophoneAudioTrackInitConfig,
    video?: CameraVideoTrackInitConfig,
  ): Promise<[IMicrophoneAudioTrack, ICameraVideoTrack]>;
  createCustomAudioTrack(config: CustomAudioTrackInitConfig): ILocalAudioTrack;
  createCustomVideoTrack(config: CustomVideoTrackInitConfig): ILocalVideoTrack;
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
    withAudio?: 'enable' | 'disable' | 'auto',
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
  setLogLevel(level: number): void;
  enableLogUpload(): void;
  disableLogUpload(): void;
  /** "MIEN_SERVER": where Mien is. "MIEN_OWN_VOICE": "play" to hear oneself. */
  setParameter(name: string, value: unknown): void;
  getParameter(name: string): any;
  onAutoplayFailed?: () => void;
  onAudioAutoplayFailed?: () => void;
  onCameraChanged?: (info: DeviceInfo) => void;
  onMicrophoneChanged?: (info: DeviceInfo) => void;
  onPlaybackDeviceChanged?: (info: DeviceInfo) => void;
  /** Other functions of the cloud are there and throw NOT_SUPPORTED, or change nothing. */
  [other: string]: any;
}
