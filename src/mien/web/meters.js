// @ts-check
/** Speed and delay of the stream, from the browser's statistics and the server's. */

/**
 * Running totals of one moment.
 * @typedef {object} Totals
 * @property {number} at seconds
 * @property {number} rtt seconds there and back on the network
 * @property {number} width @property {number} height
 * @property {number} decoded frames @property {number} decodeTime seconds
 * @property {number} emitted frames @property {number} bufferTime seconds
 * @property {number} encoded frames @property {number} encodeTime seconds
 * @property {number} sent packets @property {number} sendTime seconds
 * @property {string} codec
 */

/**
 * @typedef {object} Reading
 * @property {number} fps frames shown a second
 * @property {number | null} latency there and back, milliseconds; null until the server has told
 * @property {Record<string, number>} parts milliseconds: network, buffer, codec, server
 * @property {number} width @property {number} height
 * @property {string} codec
 */

/** @param {RTCStatsReport} report @returns {Totals} */
export function totals(report) {
  /** @type {any[]} */
  const all = [...report.values()];
  const inbound = all.find((s) => s.type === 'inbound-rtp' && s.kind === 'video') ?? {};
  const outbound = all.find((s) => s.type === 'outbound-rtp' && s.kind === 'video') ?? {};
  const transport = all.find((s) => s.type === 'transport') ?? {};
  const pair = report.get(transport.selectedCandidatePairId) ?? all.find((s) => s.nominated) ?? {};
  return {
    at: (inbound.timestamp ?? 0) / 1000,
    rtt: pair.currentRoundTripTime ?? 0,
    width: inbound.frameWidth ?? 0,
    height: inbound.frameHeight ?? 0,
    decoded: inbound.framesDecoded ?? 0,
    decodeTime: inbound.totalDecodeTime ?? 0,
    emitted: inbound.jitterBufferEmittedCount ?? 0,
    bufferTime: inbound.jitterBufferDelay ?? 0,
    encoded: outbound.framesEncoded ?? 0,
    encodeTime: outbound.totalEncodeTime ?? 0,
    sent: outbound.packetsSent ?? 0,
    sendTime: outbound.totalPacketSendDelay ?? 0,
    codec: (report.get(inbound.codecId)?.mimeType ?? '').replace('video/', ''),
  };
}

/** Mean of a running total over what came since. @param {number} sum @param {number} count */
function mean(sum, count) {
  return count > 0 ? sum / count : 0;
}

/**
 * @param {Totals} before @param {Totals} now
 * @param {number | null} serverMs what the server took for a frame, milliseconds
 * @returns {Reading}
 */
export function reading(before, now, serverMs) {
  const seconds = now.at - before.at;
  const decode = mean(now.decodeTime - before.decodeTime, now.decoded - before.decoded);
  const encode = mean(now.encodeTime - before.encodeTime, now.encoded - before.encoded);
  const send = mean(now.sendTime - before.sendTime, now.sent - before.sent);
  const buffer = mean(now.bufferTime - before.bufferTime, now.emitted - before.emitted);
  const parts = {
    network: 1000 * now.rtt,
    buffer: 1000 * (buffer + send),
    codec: 1000 * (encode + decode),
    server: serverMs ?? 0,
  };
  const sum = Object.values(parts).reduce((a, b) => a + b, 0);
  return {
    fps: seconds > 0 ? (now.decoded - before.decoded) / seconds : 0,
    latency: serverMs === null ? null : sum,
    parts,
    width: now.width,
    height: now.height,
    codec: now.codec,
  };
}

/** Asks for statistics once a second and hands out readings. */
export class Meters {
  #ask;
  #tell;
  /** @type {Totals | null} */
  #before = null;
  #timer = 0;
  /** @type {number | null} what the server told last, milliseconds */
  serverMs = null;

  /**
   * @param {() => Promise<RTCStatsReport | null>} ask
   * @param {(reading: Reading) => void} tell
   */
  constructor(ask, tell) {
    this.#ask = ask;
    this.#tell = tell;
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => this.#sample(), 1000);
  }

  stop() {
    clearInterval(this.#timer);
    this.#before = null;
    this.serverMs = null;
  }

  async #sample() {
    const report = await this.#ask();
    if (!report) return;
    const now = totals(report);
    // A new connection counts from zero again.
    const before = this.#before && this.#before.decoded <= now.decoded ? this.#before : null;
    this.#before = now;
    if (before && now.at > before.at) this.#tell(reading(before, now, this.serverMs));
  }
}
