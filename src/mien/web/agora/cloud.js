// @ts-check
/** What only Agora's cloud has. Wishes that change nothing are taken; services are refused. */

import { EventEmitter } from './emitter.js';
import { notSupported } from './errors.js';

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

  setLocalAccessPointsV2() {}

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
