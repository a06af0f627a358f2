// @ts-check
/** One peer connection: sound and pictures both ways, and a channel on which the server tells. */

import { AgoraRTCError } from './errors.js';

const GATHER_MS = 1000;
const CONNECT_MS = 15_000;
const HEARTBEAT_MS = 1000;
// Looked at with each beat: a dead server is known within three.
const DEAD_MS = 2500;

/**
 * @typedef {object} PeerOptions
 * @property {RTCIceServer[]} iceServers
 * @property {RTCIceTransportPolicy} [iceTransportPolicy]
 * @property {string} codec of the picture: vp8, h264, ...
 * @property {(message: {type: string, [field: string]: any}) => void} onMessage
 * @property {(now: RTCPeerConnectionState, before: RTCPeerConnectionState) => void} onState
 */

/** `lost` settles once, with the reason, when the connection is dead or closed. */
export class PeerLink {
  #peer;
  #channel;
  #options;
  /** @type {RTCPeerConnectionState} */
  #state = 'new';
  #heard = 0;
  #ticked = 0;
  #pings = 0;
  #timer = 0;
  /** @type {(reason: string) => void} */
  #lose = () => {};

  /** @param {PeerOptions} options */
  constructor(options) {
    this.#options = options;
    /** @type {Promise<string>} */
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    const { iceServers, iceTransportPolicy } = options;
    const bundlePolicy = 'max-bundle';
    this.#peer = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy });
    this.#peer.onconnectionstatechange = () => this.#stateChanged();
    const stream = new MediaStream();
    const both = /** @type {RTCRtpTransceiverInit} */ ({ direction: 'sendrecv', streams: [stream] });
    /** @type {Record<string, RTCRtpTransceiver>} */
    this.transceivers = {
      audio: this.#peer.addTransceiver('audio', both),
      video: this.#peer.addTransceiver('video', both),
    };
    prefer(this.transceivers.video, options.codec);
    showAtOnce(this.transceivers.video.receiver);
    this.#channel = this.#peer.createDataChannel('events');
    this.#channel.onopen = () => this.#startHeartbeat();
    this.#channel.onclose = () => this.#lose('channel closed');
    this.#channel.onmessage = ({ data }) => this.#take(data);
  }

  /**
   * Offer, be answered, and wait until media can flow.
   * @param {(sdp: string) => Promise<{sdp: string}>} exchange sends the offer
   * @param {(fragment: string) => void} trickle sends candidates that come later
   */
  async open(exchange, trickle) {
    const peer = this.#peer;
    await peer.setLocalDescription();
    await gathered(peer);
    const local = /** @type {RTCSessionDescription} */ (peer.localDescription).sdp;
    if (peer.iceGatheringState !== 'complete') this.#trickleLater(local, trickle);
    const { sdp } = await exchange(withoutLocalNames(local));
    try {
      await peer.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      throw new AgoraRTCError('EXCHANGE_SDP_FAILED', String(error));
    }
    await Promise.race([connected(peer), this.lost.then(aborted)]);
  }

  /** @returns {Promise<RTCStatsReport>} */
  statistics() {
    return this.#peer.getStats();
  }

  /** @param {object} message dropped while the channel is not open */
  send(message) {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(message));
  }

  close() {
    clearInterval(this.#timer);
    this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    this.#lose('closed here');
  }

  #stateChanged() {
    const now = this.#peer.connectionState;
    const before = this.#state;
    this.#state = now;
    if (now !== before) this.#options.onState(now, before);
    if (now === 'failed' || now === 'closed') this.#lose(now);
  }

  #startHeartbeat() {
    this.#heard = this.#ticked = performance.now();
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  #beat() {
    const now = performance.now();
    // A machine that slept has heard nothing and is owed one more chance.
    if (now - this.#ticked > 2 * HEARTBEAT_MS) this.#heard = now;
    this.#ticked = now;
    if (now - this.#heard > DEAD_MS) this.#lose('no answer');
    else this.send({ type: 'ping', t: ++this.#pings });
  }

  /** @param {unknown} data */
  #take(data) {
    this.#heard = performance.now();
    const message = readMessage(data);
    if (message && message.type !== 'pong') this.#options.onMessage(message);
  }

  /** @param {string} sdp the offer @param {(fragment: string) => void} trickle */
  #trickleLater(sdp, trickle) {
    const user = /a=ice-ufrag:\S+/.exec(sdp)?.[0];
    const password = /a=ice-pwd:\S+/.exec(sdp)?.[0];
    this.#peer.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate || candidate.candidate.includes('.local ')) return;
      const lines = [user, password, `m=audio 9 UDP/TLS/RTP/SAVPF 0`, `a=mid:${candidate.sdpMid}`];
      trickle([...lines, `a=${candidate.candidate}`, ''].join('\r\n'));
    };
  }
}

/** @param {string} reason @returns {never} */
function aborted(reason) {
  throw new AgoraRTCError('OPERATION_ABORTED', `the connection ended: ${reason}`);
}

/** @param {unknown} data @returns {{type: string, [field: string]: any} | null} */
function readMessage(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** @param {RTCRtpTransceiver} transceiver @param {string} codec */
function prefer(transceiver, codec) {
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const first = all.filter((one) => one.mimeType.toLowerCase() === `video/${codec}`);
  const rest = all.filter((one) => !first.includes(one));
  if (first.length) transceiver.setCodecPreferences([...first, ...rest]);
}

/** The server asks for no delay by a header extension; this is for browsers without it.
 * @param {RTCRtpReceiver} receiver */
function showAtOnce(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
}

/**
 * Names ending in .local hide this machine's addresses and take the server a second to look up in
 * vain; it learns the address from the first packet.
 * @param {string} sdp @returns {string}
 */
function withoutLocalNames(sdp) {
  const lines = sdp.split('\r\n');
  return lines.filter((line) => !/^a=candidate:.* \S+\.local /.test(line)).join('\r\n');
}

/** @param {RTCPeerConnection} peer @returns {Promise<void>} */
function gathered(peer) {
  return new Promise((resolve) => {
    const check = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', check);
    setTimeout(resolve, GATHER_MS);
    check();
  });
}

/** @param {RTCPeerConnection} peer @returns {Promise<void>} */
function connected(peer) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new AgoraRTCError('ICE_FAILED', 'no way for the media was found'));
    const check = () => {
      if (peer.connectionState === 'connected') resolve();
      if (['failed', 'closed'].includes(peer.connectionState)) fail();
    };
    peer.addEventListener('connectionstatechange', check);
    setTimeout(fail, CONNECT_MS);
    check();
  });
}
