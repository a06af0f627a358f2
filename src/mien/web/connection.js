// @ts-check
/** One peer connection: camera and microphone go up, the swapped picture and events come down. */

const GATHER_MS = 1000;
const CONNECT_MS = 15000;
const HEARTBEAT_MS = 1000;
// Looked at with each beat: a dead server is known within three.
const DEAD_MS = 2500;

/**
 * @typedef {object} ConnectionOptions
 * @property {MediaStream} stream what is published; sound may be missing
 * @property {(sdp: string) => Promise<{sdp: string}>} exchange sends the offer, gives the answer
 * @property {RTCIceServer[]} [iceServers]
 * @property {string} [codec] 'VP8' or 'H264' to prefer one
 * @property {number} [maxBitrate] of the picture, bits a second
 * @property {number} [frameRate] most frames a second
 */

/**
 * Dispatches 'stream' (detail: the MediaStream that came) and 'message' (detail: a server event).
 * `lost` settles once, with the reason, when the connection is dead or closed.
 */
export class Connection extends EventTarget {
  #options;
  #peer;
  #channel;
  #lastHeard = 0;
  #lastTick = 0;
  #pings = 0;
  #timer = 0;
  /** @type {(reason: string) => void} */
  #lose = () => {};

  /** @param {ConnectionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    /** @type {Promise<string>} */
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#peer = new RTCPeerConnection({
      iceServers: options.iceServers ?? [],
      bundlePolicy: 'max-bundle',
    });
    this.#channel = this.#peer.createDataChannel('events');
    this.#channel.onopen = () => this.#startHeartbeat();
    this.#channel.onclose = () => this.#lose('channel closed');
    this.#channel.onmessage = ({ data }) => this.#take(data);
    this.#peer.ontrack = (event) => this.#receive(event);
    for (const kind of ['video', 'audio']) this.#publish(kind);
  }

  /** Offer, be answered, and wait until media can flow. Rejects with kind 'unreachable'. */
  async open() {
    const peer = this.#peer;
    await peer.setLocalDescription();
    await gathered(peer);
    const { sdp } = await this.#options.exchange(withoutLocalNames(peer.localDescription?.sdp ?? ''));
    await peer.setRemoteDescription({ type: 'answer', sdp });
    await connected(peer);
    peer.addEventListener('connectionstatechange', () => {
      if (['failed', 'closed'].includes(peer.connectionState)) this.#lose(peer.connectionState);
    });
  }

  /** Send another track in place of the one of its kind; null sends nothing.
   * @param {'video' | 'audio'} kind @param {MediaStreamTrack | null} track */
  async replaceTrack(kind, track) {
    const transceiver = this.#peer.getTransceivers().find((t) => t.receiver.track.kind === kind);
    await transceiver?.sender.replaceTrack(track);
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
    this.#peer.close();
    this.#lose('closed here');
  }

  /** @param {string} kind */
  #publish(kind) {
    const { stream, codec, maxBitrate, frameRate } = this.#options;
    const track = stream.getTracks().find((t) => t.kind === kind);
    const video = kind === 'video';
    if (track && video) track.contentHint = 'motion';
    const transceiver = this.#peer.addTransceiver(track ?? kind, {
      direction: 'sendrecv',
      streams: [stream],
      sendEncodings: video ? [{ maxBitrate, maxFramerate: frameRate }] : undefined,
    });
    if (video) prefer(transceiver, codec);
    if (video) keepBalanced(transceiver.sender);
  }

  /** @param {RTCTrackEvent} event */
  #receive({ receiver, track, streams }) {
    // The server asks for no delay by a header extension; this is for browsers without it.
    if (track.kind === 'video' && 'jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    const detail = streams[0] ?? new MediaStream([track]);
    this.dispatchEvent(new CustomEvent('stream', { detail }));
  }

  #startHeartbeat() {
    this.#lastHeard = this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  #beat() {
    const now = performance.now();
    // A machine that slept has heard nothing and is owed one more chance.
    if (now - this.#lastTick > 2 * HEARTBEAT_MS) this.#lastHeard = now;
    this.#lastTick = now;
    if (now - this.#lastHeard > DEAD_MS) this.#lose('no answer');
    else this.send({ type: 'ping', t: ++this.#pings });
  }

  /** @param {unknown} data */
  #take(data) {
    this.#lastHeard = performance.now();
    const message = parse(data);
    if (message && !['ping', 'pong'].includes(message.type)) {
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
    }
  }
}

/** @param {unknown} data @returns {{type: string, [field: string]: any} | null} */
function parse(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** @param {RTCRtpTransceiver} transceiver @param {string} [codec] */
function prefer(transceiver, codec) {
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = all.filter((c) => c.mimeType.toUpperCase() === `VIDEO/${codec}`);
  if (wanted.length) transceiver.setCodecPreferences([...wanted, ...all.filter((c) => !wanted.includes(c))]);
}

/** @param {RTCRtpSender} sender */
function keepBalanced(sender) {
  const parameters = sender.getParameters();
  Object.assign(parameters, { degradationPreference: 'balanced' });
  // Not every browser knows it; without it the picture is still sent.
  sender.setParameters(parameters).catch(() => {});
}

/**
 * Names ending in .local hide this machine's addresses and take the server a second to look up in
 * vain; it learns the address from the first packet.
 * @param {string} sdp @returns {string}
 */
export function withoutLocalNames(sdp) {
  const lines = sdp.split('\r\n');
  return lines.filter((l) => !/^a=candidate:.* \S+\.local /.test(l)).join('\r\n');
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
    const fail = () => reject(Object.assign(new Error('no media path'), { kind: 'unreachable' }));
    const check = () => {
      if (peer.connectionState === 'connected') resolve();
      if (['failed', 'closed'].includes(peer.connectionState)) fail();
    };
    peer.addEventListener('connectionstatechange', check);
    setTimeout(fail, CONNECT_MS);
    check();
  });
}
