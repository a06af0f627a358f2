/** Tracks, and what they are made of. */

import type { LocalAudioTrackStats, LocalVideoTrackStats } from './agora-rtc.statistics.js';
import type { RemoteAudioTrackStats, RemoteVideoTrackStats } from './agora-rtc.statistics.js';
import type { VideoState } from './agora-rtc.constants.js';

export type UID = number | string;
export type OptimizationMode = 'motion' | 'detail' | 'balanced';
export type VideoFacingModeEnum = 'user' | 'environment' | 'left' | 'right';
export type AudioSourceState = 'stopped' | 'playing' | 'paused';
export type ScreenSourceType = 'screen' | 'window' | 'application';
/** Taken, and of no effect here. */
export type SVCConfigurationPreset = string;
/** Such as "480p_1", "720p_2" or "1080p_1". */
export type VideoEncoderConfigurationPreset = string;
/** Such as "720p_1" or "1080p_3". */
export type ScreenEncoderConfigurationPreset = string;
export type AudioEncoderConfigurationPreset =
  | 'speech_low_quality'
  | 'speech_standard'
  | 'music_standard'
  | 'standard_stereo'
  | 'high_quality'
  | 'high_quality_stereo';

export interface ConstrainLong {
  min?: number;
  max?: number;
  ideal?: number;
  exact?: number;
}
/** Taken, and of no effect here. */
export interface SVCConfiguration {
  numSpatialLayers: 1 | 2 | 3;
  numTemporalLayers: 1 | 3;
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
  minDownscaleWidth?: number;
  minDownscaleHeight?: number;
}
export interface AudioEncoderConfiguration {
  /** Hz */
  sampleRate?: number;
  /** bits */
  sampleSize?: number;
  stereo?: boolean;
  /** kbit/s */
  bitrate?: number;
}
export interface AudioTrackInitConfig {
  AEC?: boolean;
  AGC?: boolean;
  ANS?: boolean;
}
export interface MicrophoneAudioTrackInitConfig extends AudioTrackInitConfig {
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
  microphoneId?: string;
  DTX?: boolean;
  bypassWebAudio?: boolean;
}
export interface CustomAudioTrackInitConfig {
  mediaStreamTrack: MediaStreamTrack;
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
}
export interface BufferSourceAudioTrackInitConfig {
  source: File | string | AudioBuffer;
  cacheOnlineFile?: boolean;
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
}
export interface AudioSourceOptions {
  cycle?: number;
  loop?: boolean;
  /** s */
  startPlayTime?: number;
}
export interface CameraVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset;
  cameraId?: string;
  facingMode?: VideoFacingModeEnum;
  optimizationMode?: OptimizationMode;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
}
export interface CustomVideoTrackInitConfig extends VideoEncoderConfiguration {
  mediaStreamTrack: MediaStreamTrack;
  optimizationMode?: OptimizationMode;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
}
export interface ScreenVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | ScreenEncoderConfigurationPreset;
  optimizationMode?: OptimizationMode;
  displaySurface?: 'browser' | 'window' | 'monitor';
  selfBrowserSurface?: 'include' | 'exclude';
  surfaceSwitching?: 'include' | 'exclude';
  systemAudio?: 'include' | 'exclude';
  windowAudio?: 'exclude' | 'system';
  monitorTypeSurfaces?: 'exclude' | 'include';
  preferCurrentTab?: boolean;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
  /** Electron and the old Chrome extension: of no effect here. */
  electronScreenSourceId?: string;
  screenSourceType?: ScreenSourceType;
  extensionId?: string;
}
export interface BeautyEffectOptions {
  smoothnessLevel?: number;
  lighteningLevel?: number;
  rednessLevel?: number;
  lighteningContrastLevel?: 0 | 1 | 2;
}
export interface VideoPlayerConfig {
  fit?: 'cover' | 'contain' | 'fill';
  mirror?: boolean;
  noStyle?: boolean;
}
export interface ImageTypedData {
  buffer: Uint8Array;
  width: number;
  height: number;
}
export type VisibleStatus =
  | { visible: true }
  | { visible: false; reason: 'COVERED' | 'POSITION' | 'SIZE' | 'STYLE' };

export interface EventEmitter {
  getListeners(event: string): Function[];
  on(event: string, listener: Function): void;
  addListener(event: string, listener: Function): void;
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
  /** Processing extensions are not available here: NOT_SUPPORTED. */
  pipe(processor: any): any;
  unpipe(): void;
  processorDestination: any;
  useExtension(extension: any, options?: any): any;
  removeExtension(extension: any): boolean;
}
export type MediaType = 'audio' | 'video';

export interface PicturesShown {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getCurrentFrameData(): ImageData;
  getVideoElementVisibleStatus(): VisibleStatus | undefined;
}
export interface SoundHeard {
  play(): void;
  /** 0 to 1 */
  getVolumeLevel(): number;
  setPlaybackDevice(deviceId: string): Promise<void>;
  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), frameSize?: number): void;
  /** Of no effect here: the browser cancels echo. */
  addReferenceTrack(track: ILocalAudioTrack | IRemoteAudioTrack): void;
  removeReferenceTrack(track: ILocalAudioTrack | IRemoteAudioTrack): boolean;
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
  on(event: 'transceiver-updated', listener: (transceiver: RTCRtpTransceiver) => void): void;
  on(event: string, listener: Function): void;
}
export interface ILocalVideoTrack extends ILocalTrack, PicturesShown {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): LocalVideoTrackStats;
  setEncoderConfiguration(
    config: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
  ): Promise<void>;
  setOptimizationMode(mode: OptimizationMode): Promise<void>;
  replaceTrack(track: MediaStreamTrack, stopOldTrack: boolean): Promise<void>;
  clone(
    config?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
    cloneTrack?: boolean,
  ): ILocalVideoTrack;
  getCurrentFrameImage(imageType: string, quality: number): Promise<ImageTypedData>;
  /** NOT_SUPPORTED, unless it is switched off. */
  setBeautyEffect(enabled: boolean, options?: BeautyEffectOptions): Promise<void>;
  /** Of no effect here. */
  sendSeiData(sei: Uint8Array): void;
}
export interface ICameraVideoTrack extends ILocalVideoTrack {
  setDevice(
    device: string | { deviceId: string } | { facingMode: VideoFacingModeEnum },
  ): Promise<void>;
  clone(
    config?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
    cloneTrack?: boolean,
  ): ICameraVideoTrack;
}
export interface ILocalAudioTrack extends ILocalTrack, SoundHeard {
  play(): void;
  getStats(): LocalAudioTrackStats;
  /** 0 to 1000; 100 for as it is */
  setVolume(volume: number): void;
}
export interface IMicrophoneAudioTrack extends ILocalAudioTrack {
  setDevice(deviceId: string): Promise<void>;
}
export interface IBufferSourceAudioTrack extends ILocalAudioTrack {
  readonly source: string | File | AudioBuffer | null;
  readonly currentState: AudioSourceState;
  /** s */
  readonly duration: number;
  /** percent */
  readonly playbackSpeed: number;
  /** s */
  getCurrentTime(): number;
  startProcessAudioBuffer(options?: AudioSourceOptions): void;
  pauseProcessAudioBuffer(): void;
  resumeProcessAudioBuffer(): void;
  stopProcessAudioBuffer(): void;
  /** @param time s */
  seekAudioBuffer(time: number): void;
  /** @param speed percent, 50 to 400 */
  setAudioBufferPlaybackSpeed(speed: number): void;
  on(event: 'source-state-change', listener: (state: AudioSourceState) => void): void;
  on(event: string, listener: Function): void;
}

export interface IRemoteTrack extends ITrack {
  getUserId(): UID;
  getStats(): RemoteAudioTrackStats | RemoteVideoTrackStats;
  on(event: 'first-frame-decoded', listener: () => void): void;
  on(event: 'track-updated', listener: (track: MediaStreamTrack) => void): void;
  on(event: 'transceiver-updated', listener: (transceiver: RTCRtpTransceiver) => void): void;
  on(event: string, listener: Function): void;
}
export interface IRemoteVideoTrack extends IRemoteTrack, PicturesShown {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): RemoteVideoTrackStats;
  on(event: 'video-state-changed', listener: (state: VideoState) => void): void;
  on(event: string, listener: Function): void;
}
export interface IRemoteAudioTrack extends IRemoteTrack, SoundHeard {
  play(): void;
  getStats(): RemoteAudioTrackStats;
  /** 0 to 100 */
  setVolume(volume: number): void;
  setAmplifiedVolume(volume: number): void;
  getVolume(): number;
}
