/** One person in one channel, and the others in it. */

import type {
  AudienceLatencyLevelType, ChannelMediaRelayError, ChannelMediaRelayEvent, ChannelMediaRelayState,
  ConnectionDisconnectedReason, RemoteStreamFallbackType, RemoteStreamType,
} from './agora-rtc.constants.js';
import type { AgoraRTCError } from './agora-rtc.js';
import type {
  AgoraRTCStats, LocalAudioTrackStats, LocalVideoTrackStats, NetworkQuality, RemoteAudioTrackStats,
  RemoteVideoTrackStats,
} from './agora-rtc.statistics.js';
import type {
  EventEmitter, ILocalTrack, IRemoteAudioTrack, IRemoteTrack, IRemoteVideoTrack, MediaType, UID,
} from './agora-rtc.tracks.js';

export type SDK_MODE = 'rtc' | 'live' | 'p2p';
/** Pictures are sent as H.264 or VP8; other wishes are sent as VP8. */
export type SDK_CODEC = 'vp8' | 'vp9' | 'h264' | 'h265' | 'av1';
/** Sound is sent as Opus. */
export type SDK_AUDIO_CODEC = 'opus' | 'pcma' | 'pcmu' | 'g722';
export type ClientRole = 'host' | 'audience';
export type ConnectionState =
  | 'DISCONNECTED'
  | 'CONNECTING'
  | 'CONNECTED'
  | 'RECONNECTING'
  | 'DISCONNECTING';
export type EncryptionMode =
  | 'aes-128-xts' | 'aes-256-xts' | 'aes-128-ecb' | 'sm4-128-ecb' | 'aes-128-gcm' | 'aes-256-gcm'
  | 'aes-128-gcm2' | 'aes-256-gcm2' | 'none';

export interface ClientConfig {
  mode: SDK_MODE;
  codec: SDK_CODEC;
  audioCodec?: SDK_AUDIO_CODEC;
  role?: ClientRole;
  clientRoleOptions?: ClientRoleOptions;
  turnServer?: TurnServerConfig | RTCIceServer[];
  /** What follows is taken, and of no effect here. */
  proxyServer?: string;
  aiClientMode?: boolean;
  httpRetryConfig?: object;
  websocketRetryConfig?: object;
}
export interface ClientRoleOptions {
  level: AudienceLatencyLevelType;
  delay?: number;
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
  networkQualityProbe?: boolean;
}
export interface LowStreamParameter {
  width: ConstrainULong;
  height: ConstrainULong;
  framerate?: ConstrainULong;
  bitrate?: number;
}
export type LocalAccessPointConfig = {
  accessPoints: { serverList: string[]; domain: string; port?: number };
  [service: string]: unknown;
};
export interface EventCustomReportParams {
  reportId: string;
  category: string;
  event: string;
  label: string;
  value: number;
}

/** Services of the cloud that this server refuses; programs name their types. */
export interface ChannelMediaRelayInfo {
  channelName: string;
  token?: string;
  uid: number;
}
export interface IChannelMediaRelayConfiguration {
  setSrcChannelInfo(info: ChannelMediaRelayInfo): void;
  addDestChannelInfo(info: ChannelMediaRelayInfo): void;
  removeDestChannelInfo(channelName: string): void;
}
export interface InspectConfiguration {
  interval: number;
  [option: string]: any;
}
export type LiveStreamingTranscodingConfig = { [option: string]: any };
export type LiveStreamingTranscodingImage = { url: string; [option: string]: any };
export type LiveStreamingTranscodingUser = { uid: UID; [option: string]: any };

export interface IAgoraRTCRemoteUser {
  readonly uid: UID;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly audioTrack?: IRemoteAudioTrack;
  readonly videoTrack?: IRemoteVideoTrack;
  readonly dataChannels?: IRemoteDataChannel[];
}

/** Data channels are not available here: NOT_SUPPORTED. */
export interface IDataChannelConfig {
  id: number;
  ordered: boolean;
  metadata: string;
}
export interface IDataChannel extends EventEmitter {
  readonly id: number;
  readonly maxRetransmits: number | null;
  readonly ordered: boolean;
  readonly readyState: RTCDataChannelState;
  readonly metadata: string;
  getChannelId(): number;
  getConfig(): IDataChannelConfig;
}
export interface ILocalDataChannel extends IDataChannel {
  send(data: ArrayBuffer): void;
}
export interface IRemoteDataChannel extends IDataChannel {}

interface UserEvents {
  on(event: 'user-joined', listener: (user: IAgoraRTCRemoteUser) => void): void;
  on(event: 'user-left', listener: (user: IAgoraRTCRemoteUser, reason: string) => void): void;
  on(
    event: 'user-published' | 'user-unpublished',
    listener: (user: IAgoraRTCRemoteUser, mediaType: MediaType) => void,
  ): void;
  on(event: 'media-reconnect-start' | 'media-reconnect-end', listener: (uid: UID) => void): void;
  on(event: 'volume-indicator', listener: (levels: { uid: UID; level: number }[]) => void): void;
  on(event: 'stream-message', listener: (uid: UID, payload: Uint8Array) => void): void;
  on(
    event: 'connection-state-change',
    listener: (
      now: ConnectionState,
      before: ConnectionState,
      reason?: ConnectionDisconnectedReason,
    ) => void,
  ): void;
  on(
    event: 'peerconnection-state-change',
    listener: (now: RTCPeerConnectionState, before: RTCPeerConnectionState) => void,
  ): void;
  on(event: 'network-quality', listener: (quality: NetworkQuality) => void): void;
  on(event: 'exception', listener: (event: { code: number; msg: string; uid: UID }) => void): void;
  on(
    event: 'token-privilege-will-expire' | 'token-privilege-did-expire',
    listener: () => void,
  ): void;
  /** Those below are never told here. */
  on(
    event: 'channel-media-relay-state',
    listener: (state: ChannelMediaRelayState, code: ChannelMediaRelayError) => void,
  ): void;
  on(event: 'channel-media-relay-event', listener: (event: ChannelMediaRelayEvent) => void): void;
  on(event: 'stream-type-changed', listener: (uid: UID, type: RemoteStreamType) => void): void;
  on(event: 'user-info-updated', listener: (uid: UID, msg: string) => void): void;
  on(event: 'published-user-list', listener: (users: IAgoraRTCRemoteUser[]) => void): void;
  on(event: string, listener: Function): void;
}

/** The cloud's own: wishes are taken and change nothing, services throw NOT_SUPPORTED. */
interface CloudMethods {
  setDualStreamMode(mode: number, parameter?: LowStreamParameter): Promise<void>;
  setLowStreamParameter(parameter: LowStreamParameter): void;
  enableDualStream(): Promise<void>;
  disableDualStream(): Promise<void>;
  setRemoteVideoStreamType(uid: UID, type: RemoteStreamType): Promise<void>;
  setRemoteDefaultVideoStreamType(type: RemoteStreamType): Promise<void>;
  setStreamFallbackOption(uid: UID, type: RemoteStreamFallbackType): Promise<void>;
  pickSVCLayer(uid: UID, layers: { spatialLayer: number; temporalLayer: number }): Promise<void>;
  setRTMConfig(config: object): Promise<void>;
  setProxyServer(server: string): void;
  startProxyServer(mode?: number): void;
  stopProxyServer(): void;
  setEncryptionConfig(
    mode: EncryptionMode,
    secret: string,
    salt?: Uint8Array,
    encryptDataStream?: boolean,
  ): void;
  setLicense(license: string): void;
  setLocalAccessPointsV2(config: LocalAccessPointConfig): void;
  sendCustomReportMessage(reports: EventCustomReportParams | EventCustomReportParams[]): Promise<void>;
  startLiveStreaming(url: string, transcodingEnabled?: boolean): Promise<void>;
  setLiveTranscoding(config: LiveStreamingTranscodingConfig): Promise<void>;
  stopLiveStreaming(url: string): Promise<void>;
  startChannelMediaRelay(config: IChannelMediaRelayConfiguration): Promise<void>;
  updateChannelMediaRelay(config: IChannelMediaRelayConfiguration): Promise<void>;
  stopChannelMediaRelay(): Promise<void>;
  enableContentInspect(config: InspectConfiguration): Promise<void>;
  disableContentInspect(): Promise<void>;
  setImageModeration(enabled: boolean, config?: object): Promise<void>;
}

export interface IAgoraRTCClient extends EventEmitter, CloudMethods, UserEvents {
  readonly connectionState: ConnectionState;
  readonly remoteUsers: IAgoraRTCRemoteUser[];
  readonly localTracks: ILocalTrack[];
  readonly localDataChannels: ILocalDataChannel[];
  readonly uid?: UID;
  readonly channelName?: string;
  readonly mode: SDK_MODE;
  readonly codec: SDK_CODEC;
  readonly role: ClientRole;
  on: UserEvents['on'];
  join(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
    options?: IJoinOptions,
  ): Promise<UID>;
  leave(): Promise<void>;
  publish(tracks: ILocalTrack | ILocalTrack[]): Promise<void>;
  publish(config: IDataChannelConfig): Promise<ILocalDataChannel>;
  unpublish(tracks?: ILocalTrack | ILocalTrack[] | ILocalDataChannel): Promise<void>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: 'video'): Promise<IRemoteVideoTrack>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: 'audio'): Promise<IRemoteAudioTrack>;
  subscribe(
    user: IAgoraRTCRemoteUser | UID,
    mediaType: 'datachannel',
    channelId: number,
  ): Promise<IRemoteDataChannel>;
  subscribe(user: IAgoraRTCRemoteUser | UID, mediaType: MediaType): Promise<IRemoteTrack>;
  presubscribe(uid: UID, mediaType: 'video'): Promise<IRemoteVideoTrack>;
  presubscribe(uid: UID, mediaType: 'audio'): Promise<IRemoteAudioTrack>;
  presubscribe(uid: UID, mediaType: MediaType): Promise<IRemoteTrack>;
  unsubscribe(
    user: IAgoraRTCRemoteUser | UID,
    mediaType?: MediaType | 'datachannel',
    channelId?: number,
  ): Promise<void>;
  massSubscribe(
    list: { user: IAgoraRTCRemoteUser; mediaType: MediaType }[],
  ): Promise<
    { user: IAgoraRTCRemoteUser; mediaType: MediaType; track?: IRemoteTrack; error?: AgoraRTCError }[]
  >;
  massUnsubscribe(list: { user: IAgoraRTCRemoteUser; mediaType?: MediaType }[]): Promise<void>;
  setClientRole(role: ClientRole, options?: ClientRoleOptions): Promise<void>;
  renewToken(token: string): Promise<void>;
  setTurnServer(config: TurnServerConfig | TurnServerConfig[] | RTCIceServer[]): void;
  enableAudioVolumeIndicator(): void;
  sendStreamMessage(message: string | Uint8Array | { payload: string | Uint8Array }): Promise<void>;
  getRTCStats(): AgoraRTCStats;
  getLocalAudioStats(): LocalAudioTrackStats;
  getLocalVideoStats(): LocalVideoTrackStats;
  getRemoteAudioStats(): { [uid: string]: RemoteAudioTrackStats };
  getRemoteVideoStats(): { [uid: string]: RemoteVideoTrackStats };
  getRemoteNetworkQuality(): { [uid: string]: NetworkQuality };
  getNetworkQuality(): NetworkQuality;
  getNtpWallTimeInMs(): number;
}
