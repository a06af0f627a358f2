// @ts-check
/** What only Agora's cloud has. Wishes that change nothing are taken; services are refused. */

import { EventEmitter } from './emitter.js';
import { AgoraRTCError, notSupported } from './errors.js';

/** Functions of AgoraRTC that a server of one's own does without. */
export class CloudEntry extends EventEmitter {
  setLogLevel() {}

  enableLogUpload() {} // nothing is ever sent to anybody else

  disableLogUpload() {}

  setArea() {}

  setAppType() {}

  processExternalMediaAEC() {}

  async preload() {}

  registerExtensions() {
    console.warn('AgoraRTC: processing extensions are not available on this server');
  }

  use() {
    return this;
  }

  /** @returns {Promise<{state: 'unavailable'}>} */
  async startLastmileProbeTest() {
    return { state: 'unavailable' };
  }

  createChannelMediaRelayConfiguration() {
    throw notSupported('channel media relay');
  }

  async getElectronScreenSources() {
    throw new AgoraRTCError('ELECTRON_IS_NULL', 'this page does not run in Electron');
  }
}

/** Methods of the SDK's client that a server of one's own does without. */
export class CloudClient extends EventEmitter {
  setProxyServer() {}

  startProxyServer() {}

  stopProxyServer() {}

  async setDualStreamMode() {}

  setLowStreamParameter() {}

  async enableDualStream() {}

  async disableDualStream() {}

  async setRemoteVideoStreamType() {}

  async setRemoteDefaultVideoStreamType() {}

  async setStreamFallbackOption() {}

  async pickSVCLayer() {}

  async setRTMConfig() {}

  async sendCustomReportMessage() {}

  setEncryptionConfig() {} // WebRTC encrypts anyway

  setLicense() {}

  setLocalAccessPoints() {}

  setLocalAccessPointsV2() {}

  setP2PTransport() {}

  async startLiveStreaming() {
    throw notSupported('startLiveStreaming');
  }

  async setLiveTranscoding() {
    throw notSupported('setLiveTranscoding');
  }

  async stopLiveStreaming() {
    throw notSupported('stopLiveStreaming');
  }

  async startChannelMediaRelay() {
    throw notSupported('startChannelMediaRelay');
  }

  async updateChannelMediaRelay() {
    throw notSupported('updateChannelMediaRelay');
  }

  async stopChannelMediaRelay() {
    throw notSupported('stopChannelMediaRelay');
  }

  async enableContentInspect() {
    throw notSupported('enableContentInspect');
  }

  async disableContentInspect() {
    throw notSupported('disableContentInspect');
  }

  async setImageModeration() {
    throw notSupported('setImageModeration');
  }
}
