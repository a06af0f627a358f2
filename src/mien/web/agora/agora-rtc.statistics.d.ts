/** Figures of a call, under the names of the Agora Web SDK 4. */

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
export interface SentStats {
  sendBitrate: number;
  sendBytes: number;
  sendPackets: number;
  sendPacketsLost: number;
  sendJitterMs: number;
  sendRttMs: number;
  currentPacketLossRate: number;
}
export interface LocalAudioTrackStats extends SentStats {
  codecType?: 'opus' | 'aac' | 'PCMU' | 'PCMA' | 'G722';
  /** 0 to 32767 */
  sendVolumeLevel: number;
}
export interface LocalVideoTrackStats extends SentStats {
  codecType?: 'H264' | 'H265' | 'VP8' | 'VP9' | 'AV1X' | 'AV1';
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
export interface ReceivedStats {
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
  codecType?: 'opus' | 'aac' | 'PCMU' | 'PCMA' | 'G722';
  /** 0 to 32767 */
  receiveLevel: number;
  receivePacketsDiscarded: number;
}
export interface RemoteVideoTrackStats extends ReceivedStats {
  codecType?: 'H264' | 'H265' | 'VP8' | 'VP9' | 'AV1X' | 'AV1';
  receiveFrameRate?: number;
  decodeFrameRate?: number;
  renderFrameRate?: number;
  receiveResolutionWidth: number;
  receiveResolutionHeight: number;
}

export interface NetworkQuality {
  uplinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  downlinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

export interface LastmileProbeResult {
  state: 'complete' | 'unavailable';
  rtt?: number;
  packetLossRate?: number;
  jitter?: number;
  networkQuality?: number;
}
