// @ts-check
/** WebRTC's figures under the SDK's names. Bit rates in bit/s, delays in ms, durations in s. */

const LEVEL_SCALE = 32767;

/** @typedef {Record<string, any>} Report */

/** Two looks at a connection, a second apart. */
export class Statistics {
  /** @type {Map<string, Report>} */
  #now = new Map();
  /** @type {Map<string, Report>} */
  #before = new Map();
  /** What the server says about its own work, ms. */
  serverLatency = 0;

  /** @param {RTCStatsReport} report */
  take(report) {
    this.#before = this.#now;
    this.#now = new Map(/** @type {any} */ (report));
  }

  clear() {
    this.#now = this.#before = new Map();
    this.serverLatency = 0;
  }

  /** @param {number} joinedAt performance.now() @param {number} users */
  call(joinedAt, users) {
    const pair = this.#pair();
    return {
      Duration: Math.round((performance.now() - joinedAt) / 1000) || 0,
      UserCount: users,
      RTT: milliseconds(pair.currentRoundTripTime),
      SendBitrate: this.#rate(pair, 'bytesSent') * 8,
      RecvBitrate: this.#rate(pair, 'bytesReceived') * 8,
      SendBytes: pair.bytesSent ?? 0,
      RecvBytes: pair.bytesReceived ?? 0,
      OutgoingAvailableBandwidth: (pair.availableOutgoingBitrate ?? 0) / 1000,
    };
  }

  localAudio() {
    const sent = this.find('outbound-rtp', 'audio');
    return {
      codecType: this.#codec(sent)?.toLowerCase(),
      sendVolumeLevel: Math.round((this.find('media-source', 'audio').audioLevel ?? 0) * LEVEL_SCALE),
      ...this.#sent(sent),
    };
  }

  localVideo() {
    const sent = this.find('outbound-rtp', 'video');
    const source = this.find('media-source', 'video');
    return {
      codecType: this.#codec(sent),
      ...this.#sent(sent),
      sendFrameRate: sent.framesPerSecond ?? 0,
      captureFrameRate: source.framesPerSecond ?? 0,
      sendResolutionWidth: sent.frameWidth ?? 0,
      sendResolutionHeight: sent.frameHeight ?? 0,
      captureResolutionWidth: source.width ?? 0,
      captureResolutionHeight: source.height ?? 0,
      encodeDelay: milliseconds(ratio(sent.totalEncodeTime, sent.framesEncoded)),
      targetSendBitrate: sent.targetBitrate ?? 0,
      totalDuration: this.#seconds(sent),
      totalFreezeTime: 0,
    };
  }

  remoteAudio() {
    const got = this.find('inbound-rtp', 'audio');
    return {
      codecType: this.#codec(got)?.toLowerCase(),
      receiveLevel: Math.round((got.audioLevel ?? 0) * LEVEL_SCALE),
      receivePacketsDiscarded: got.packetsDiscarded ?? 0,
      ...this.#received(got),
      totalFreezeTime: ratio(got.silentConcealedSamples, 48000),
      freezeRate: ratio(got.silentConcealedSamples, got.totalSamplesReceived),
    };
  }

  remoteVideo() {
    const got = this.find('inbound-rtp', 'video');
    return {
      codecType: this.#codec(got),
      ...this.#received(got),
      receiveFrameRate: this.#rate(got, 'framesReceived'),
      decodeFrameRate: this.#rate(got, 'framesDecoded'),
      renderFrameRate: Math.max(0, this.#rate(got, 'framesDecoded') - this.#rate(got, 'framesDropped')),
      receiveResolutionWidth: got.frameWidth ?? 0,
      receiveResolutionHeight: got.frameHeight ?? 0,
      totalFreezeTime: got.totalFreezesDuration ?? 0,
      freezeRate: Math.min(1, this.#rate(got, 'totalFreezesDuration')),
    };
  }

  /** @returns {number} */
  get framesDecoded() {
    return this.find('inbound-rtp', 'video').framesDecoded ?? 0;
  }

  /** What network quality is judged by: shares lost, and the round trip.
   * @returns {{known: boolean, roundTripMs: number, sentLoss: number, receivedLoss: number}} */
  line() {
    const pair = this.#pair();
    return {
      known: pair.currentRoundTripTime !== undefined,
      roundTripMs: milliseconds(pair.currentRoundTripTime),
      sentLoss: this.#worstOf('remote-inbound-rtp', (report) => report.fractionLost ?? 0),
      receivedLoss: this.#worstOf('inbound-rtp', (report) => this.#recentLoss(report)),
    };
  }

  /** @param {string} type @param {string} kind @returns {Report} empty when there is none */
  find(type, kind) {
    const found = [...this.#now.values()].filter((r) => r.type === type && r.kind === kind);
    // A source that came later has taken over.
    return found.sort((a, b) => (b.lastPacketReceivedTimestamp ?? 0) - (a.lastPacketReceivedTimestamp ?? 0))[0] ?? {};
  }

  /** @param {Report} sent */
  #sent(sent) {
    const told = this.#now.get(sent.remoteId) ?? {};
    return {
      sendBitrate: this.#rate(sent, 'bytesSent') * 8,
      sendBytes: sent.bytesSent ?? 0,
      sendPackets: sent.packetsSent ?? 0,
      sendPacketsLost: told.packetsLost ?? 0,
      sendJitterMs: milliseconds(told.jitter),
      sendRttMs: milliseconds(told.roundTripTime ?? this.#pair().currentRoundTripTime),
      currentPacketLossRate: told.fractionLost ?? 0,
    };
  }

  /** @param {Report} got */
  #received(got) {
    const transportDelay = milliseconds(this.#pair().currentRoundTripTime) / 2;
    const waited = ratio(this.#rate(got, 'jitterBufferDelay'), this.#rate(got, 'jitterBufferEmittedCount'));
    const receiveDelay = transportDelay + milliseconds(waited);
    const packets = got.packetsReceived ?? 0;
    const lost = Math.max(0, got.packetsLost ?? 0);
    return {
      transportDelay,
      end2EndDelay: receiveDelay + transportDelay + this.serverLatency,
      receiveBitrate: this.#rate(got, 'bytesReceived') * 8,
      receiveDelay,
      receiveBytes: got.bytesReceived ?? 0,
      receivePackets: packets,
      receivePacketsLost: lost,
      packetLossRate: ratio(lost, lost + packets),
      currentPacketLossRate: this.#recentLoss(got),
      totalDuration: this.#seconds(got),
      publishDuration: Math.round(this.#seconds(got) * 1000),
    };
  }

  /** @param {Report} got @returns {number} share of the packets of the last second */
  #recentLoss(got) {
    const lost = Math.max(0, this.#rate(got, 'packetsLost'));
    return ratio(lost, lost + this.#rate(got, 'packetsReceived'));
  }

  /** @param {string} type @param {(report: Report) => number} value */
  #worstOf(type, value) {
    const found = [...this.#now.values()].filter((report) => report.type === type);
    return Math.max(0, ...found.map(value));
  }

  /** @returns {Report} the way that the media takes */
  #pair() {
    const all = [...this.#now.values()];
    const transport = all.find((report) => report.type === 'transport');
    const chosen = this.#now.get(transport?.selectedCandidatePairId);
    return chosen ?? all.find((r) => r.type === 'candidate-pair' && r.nominated) ?? {};
  }

  /** @param {Report} report @param {string} field @returns {number} change a second */
  #rate(report, field) {
    const before = this.#before.get(report.id);
    if (!before) return 0;
    return ratio((report[field] ?? 0) - (before[field] ?? 0), (report.timestamp - before.timestamp) / 1000);
  }

  /** @param {Report} report @returns {string | undefined} such as VP8 */
  #codec(report) {
    return this.#now.get(report.codecId)?.mimeType?.split('/')[1];
  }

  /** How long it has been there. @param {Report} report */
  #seconds(report) {
    const first = this.#starts.get(report.id) ?? report.timestamp;
    if (report.id) this.#starts.set(report.id, first);
    return report.id ? (report.timestamp - first) / 1000 : 0;
  }

  /** @type {Map<string, number>} */
  #starts = new Map();
}

/** @param {number} [part] @param {number} [whole] @returns {number} 0 when there is no whole */
function ratio(part = 0, whole = 0) {
  return whole ? part / whole : 0;
}

/** @param {number} [seconds] @returns {number} */
function milliseconds(seconds = 0) {
  return Math.round(seconds * 1000);
}
