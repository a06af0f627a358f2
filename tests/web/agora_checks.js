// Checks of the AgoraRTC client's modules, run in a real browser; each throws or passes.

import { checkClaims, checkJoin, iceServer } from '/agora/checks.js';
import { EventEmitter } from '/agora/emitter.js';
import {
  audioConstraints, audioEncoding, screenEncoding, softConstraints, videoConstraints, videoEncoding,
  wanted,
} from '/agora/encoding.js';
import { AgoraRTCError, mediaError } from '/agora/errors.js';
import { Monitor } from '/agora/monitor.js';
import { ExceptionWatch, networkQuality } from '/agora/quality.js';
import { Channel, ServerFinder } from '/agora/server.js';
import { Statistics } from '/agora/statistics.js';
import { readToken } from '/agora/token.js';
import { TokenClock } from '/agora/tokenclock.js';

function same(actual, expected, what = '') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} ${a} is not ${b}`);
}

function codeOf(work) {
  try {
    work();
  } catch (error) {
    return error.code;
  }
  return 'fine';
}

// A published vector of AccessToken2: what was signed stands in it.
const VECTOR =
  '007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj';

const line = (over) => ({ known: true, roundTripMs: 10, sentLoss: 0, receivedLoss: 0, ...over });

export const checks = {
  async 'a published token is read'() {
    same(await readToken(VECTOR), {
      appId: '970CA35de60c44645bbae8a215061b33',
      channel: '7d72365eb983485397e3e3f9d460bdda',
      uid: '2882341273',
      expiresAt: 1111111 + 600,
    });
  },

  async 'other forms of token are nobody\'s business'() {
    for (const text of ['', 'secret', '006abc', '007', '007!!!', '007' + btoa('no zlib'), VECTOR.slice(0, 90)]) {
      same(await readToken(text), null, text);
    }
  },

  'what a join is given is checked'() {
    const good = ['app', 'a channel_1!', 'token', 7];
    same(codeOf(() => checkJoin(...good)), 'fine');
    same(codeOf(() => checkJoin('app', 'x'.repeat(64), null, null)), 'fine');
    for (const [place, bad] of [[0, ''], [0, 3], [1, ''], [1, 'x'.repeat(65)], [1, 'é'], [1, 'a/b'], [2, ''], [2, undefined], [3, -1], [3, 1.5], [3, 2 ** 32], [3, {}]]) {
      const values = [...good];
      values[place] = bad;
      same(codeOf(() => checkJoin(...values)), 'INVALID_PARAMS', `${place} ${bad}`);
    }
  },

  'a token for something else is refused'() {
    const claims = { appId: 'app', channel: 'here', uid: '7', expiresAt: 1 };
    for (const [app, channel, uid, code] of [
      ['app', 'here', 7, 'fine'], ['app', 'here', '7', 'fine'], ['app', 'here', null, 'fine'],
      ['app', 'here', 0, 'fine'], ['other', 'here', 7, 'CAN_NOT_GET_GATEWAY_SERVER'],
      ['app', 'there', 7, 'CAN_NOT_GET_GATEWAY_SERVER'], ['app', 'here', 8, 'CAN_NOT_GET_GATEWAY_SERVER'],
    ]) same(codeOf(() => checkClaims(claims, app, channel, uid)), code, `${app} ${channel} ${uid}`);
    same(codeOf(() => checkClaims({ ...claims, uid: '' }, 'app', 'here', 8)), 'fine');
  },

  'TURN servers have either form'() {
    same(iceServer({ turnServerURL: 'turn.example.org', username: 'u', password: 'p', tcpport: 443, security: true }), {
      urls: ['turns:turn.example.org:3478?transport=udp', 'turns:turn.example.org:443?transport=tcp'],
      username: 'u', credential: 'p',
    });
    same(iceServer({ urls: 'stun:s' }), { urls: 'stun:s' });
    same(codeOf(() => iceServer({})), 'INVALID_PARAMS');
  },

  'listeners are called once, in order, and may go and fail'() {
    const emitter = new EventEmitter();
    const told = [];
    const first = (value) => told.push(`first ${value}`);
    const real = console.error;
    console.error = () => {};
    emitter.on('x', first);
    emitter.on('x', first);
    emitter.on('x', () => { throw new Error('listener'); });
    emitter.once('x', (value) => told.push(`once ${value}`));
    emitter.emit('x', 1);
    emitter.off('x', first);
    emitter.emit('x', 2);
    console.error = real;
    same(told, ['first 1', 'once 1']);
    same(emitter.getListeners('x').length, 1);
    emitter.removeAllListeners();
    same(emitter.getListeners('x').length, 0);
  },

  'presets and wishes become constraints'() {
    same(videoEncoding(), { width: 640, height: 480, frameRate: 15, bitrateMax: 500 });
    same(videoEncoding('720p_2'), { width: 1280, height: 720, frameRate: 30, bitrateMax: 2000 });
    same(screenEncoding('720p_1'), { width: { max: 1280 }, height: { max: 720 }, frameRate: 5 });
    const asked = { width: 640, height: { min: 400, max: 480 }, frameRate: { max: 20, min: 20 } };
    same(videoConstraints(asked), { width: { ideal: 640 }, height: { min: 400, max: 480 }, frameRate: { max: 20, min: 20 } });
    same(softConstraints(asked), { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20 } });
    same([wanted({ ideal: 3, max: 9 }), wanted({ exact: 4 }), wanted(5), wanted()], [3, 4, 5, undefined]);
    const said = [];
    const real = console.warn;
    console.warn = (text) => said.push(text);
    same([videoEncoding('1p'), screenEncoding('1p'), audioEncoding('loud')], [{}, {}, {}]);
    console.warn = real;
    same(said.length, 3);
    same(audioConstraints(audioEncoding('high_quality_stereo'), { AEC: false }), {
      echoCancellation: false, noiseSuppression: true, autoGainControl: true, sampleRate: 48000, channelCount: 2,
    });
  },

  'failures of the camera have the SDK\'s codes'() {
    for (const [name, code] of [
      ['NotAllowedError', 'PERMISSION_DENIED'], ['NotFoundError', 'DEVICE_NOT_FOUND'],
      ['NotReadableError', 'NOT_READABLE'], ['OverconstrainedError', 'MEDIA_OPTION_INVALID'], ['Odd', 'UNEXPECTED_ERROR'],
    ]) same(mediaError({ name, message: 'm' }).code, code, name);
    same(mediaError({ name: 'OverconstrainedError', constraint: 'deviceId' }).code, 'DEVICE_NOT_FOUND');
    const error = new AgoraRTCError('INVALID_PARAMS', 'why', { x: 1 });
    same([error.name, error.message, String(error)], [
      'AgoraRTCException', 'AgoraRTCError INVALID_PARAMS: why', 'AgoraRTCError INVALID_PARAMS: why\ndata: {"x":1}',
    ]);
  },

  'the network is graded'() {
    const both = (up, down) => ({ uplinkNetworkQuality: up, downlinkNetworkQuality: down });
    same(networkQuality(line({}), 'CONNECTED'), both(1, 1));
    same(networkQuality(line({ sentLoss: 0.05 }), 'CONNECTED'), both(3, 1));
    same(networkQuality(line({ receivedLoss: 0.5 }), 'CONNECTED'), both(1, 5));
    same(networkQuality(line({ roundTripMs: 400 }), 'CONNECTED'), both(4, 4));
    same(networkQuality(line({ known: false }), 'CONNECTED'), both(0, 0));
    same(networkQuality(line({}), 'RECONNECTING'), both(6, 6));
    same(networkQuality(line({}), 'DISCONNECTED'), both(0, 0));
  },

  'exceptions are told after five looks, and their end'() {
    const told = [];
    const watch = new ExceptionWatch(({ code, msg, uid }) => told.push(`${code} ${msg} ${uid}`));
    const silent = { sendVolumeLevel: 0, sendBitrate: 20000 };
    for (let i = 0; i < 4; i++) watch.sentAudio(silent, 1);
    same(told, []);
    for (let i = 0; i < 4; i++) watch.sentAudio(silent, 1);
    watch.sentAudio({ sendVolumeLevel: 9, sendBitrate: 20000 }, 1);
    same(told, ['2001 AUDIO_INPUT_LEVEL_TOO_LOW 1', '4001 AUDIO_INPUT_LEVEL_TOO_LOW_RECOVER 1']);
    for (let i = 0; i < 5; i++) watch.receivedVideo({ receiveBitrate: 9, decodeFrameRate: 0 }, 3);
    same(told.slice(2), ['1005 RECV_VIDEO_DECODE_FAILED 3']);
  },

  async 'volumes are told as often as the page wants, of everybody'() {
    const told = [];
    let state = 'DISCONNECTED';
    const track = { getVolumeLevel: () => 0.25 };
    const monitor = new Monitor({
      statistics: new Statistics(), users: { list: [{ uid: 3 }, { uid: 4, audioTrack: { getVolumeLevel: () => 0.5 } }] },
      publications: { of: () => [track] }, state: () => state, uid: () => 1, link: () => null,
      emit: (event, levels) => told.push([event, levels]), volumeMs: () => 20,
    });
    const wait = () => new Promise((resolve) => setTimeout(resolve, 150));
    monitor.indicateVolume();
    await wait();
    same(told, []); // not before there is a call
    state = 'CONNECTED';
    monitor.start();
    await wait();
    monitor.stop();
    const count = told.length;
    await wait();
    same([count >= 2, told.length], [true, count]);
    same(told[0], ['volume-indicator', [{ uid: 4, level: 50 }, { uid: 1, level: 25 }, { uid: 3, level: 0 }]]);
  },

  'rates are of the last second'() {
    const statistics = new Statistics();
    const report = (timestamp, bytes, lost, got, emitted) => new Map([
      ['v', { id: 'v', type: 'inbound-rtp', kind: 'video', timestamp, bytesReceived: bytes, packetsLost: lost, packetsReceived: got, framesDecoded: got / 10, framesReceived: got / 10, framesDropped: 0, frameWidth: 640, frameHeight: 480, codecId: 'c', jitterBufferDelay: 1 + emitted / 50, jitterBufferEmittedCount: emitted }],
      ['c', { id: 'c', type: 'codec', mimeType: 'video/VP8' }],
      ['t', { id: 't', type: 'transport', selectedCandidatePairId: 'p' }],
      ['p', { id: 'p', type: 'candidate-pair', timestamp, currentRoundTripTime: 0.04, bytesSent: 0, bytesReceived: bytes }],
    ]);
    statistics.take(report(1000, 1000, 0, 100, 50));
    statistics.take(report(3000, 26000, 10, 190, 150));
    statistics.serverLatency = 60;
    const video = statistics.remoteVideo();
    same([video.codecType, video.receiveBitrate, video.receivePackets, video.receivePacketsLost], ['VP8', 100000, 190, 10]);
    same([video.packetLossRate, video.currentPacketLossRate], [0.05, 0.1]);
    same([video.decodeFrameRate, video.transportDelay, video.receiveDelay, video.end2EndDelay], [4.5, 20, 40, 120]);
    same(statistics.call(performance.now() - 5000, 2).RTT, 40);
    statistics.clear();
    same(statistics.remoteVideo().receiveBitrate, 0);
  },

  async 'the token\'s end is told twice, once a renewal'() {
    const told = [];
    const clock = new TokenClock({ willExpire: () => told.push('will'), didExpire: () => told.push('did') });
    clock.set({ expiresAt: Date.now() / 1000 + 0.3 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    same(told, ['will']);
    clock.set({ expiresAt: Date.now() / 1000 + 1000 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    same(told, ['will']);
    clock.set({ expiresAt: Date.now() / 1000 - 5 }); // accepted by a server whose clock is behind
    await new Promise((resolve) => setTimeout(resolve, 50));
    same([told, clock.expired], [['will'], false]);
  },

  async 'the server is found in the order that is documented'() {
    const finder = new ServerFinder();
    finder.loadedFrom('https://cdn.example.org/agora-rtc.js');
    same(finder.candidates(), ['https://cdn.example.org', location.origin]);
    finder.watch();
    await (await fetch('/api/open/v3/faceswap/live/create?x')).text();
    for (let i = 0; i < 40 && finder.candidates()[0] !== location.origin; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50)); // the browser's list is a little behind
    }
    same(finder.candidates(), [location.origin, 'https://cdn.example.org']);
    finder.loadedFrom('https://cdn.example.org/agora-rtc.js?server=https://a.example.org/');
    same(finder.candidates(), ['https://a.example.org']);
    globalThis.MIEN_SERVER = 'https://b.example.org';
    same(finder.candidates(), ['https://b.example.org']);
    finder.named = 'https://c.example.org/base/';
    same(finder.candidates(), ['https://c.example.org/base']);
    delete globalThis.MIEN_SERVER;
  },

  async 'what does not answer as Mien does is passed over, and refusals are told'() {
    const asked = [];
    const real = globalThis.fetch;
    const answers = { 'http://one': 'a page', 'http://two': { code: 1000, data: { ice_servers: [1] } }, 'http://three': { code: 1101, msg: 'no' }, 'http://four': { code: 1215, msg: 'full' } };
    globalThis.fetch = async (url, { headers }) => {
      asked.push(`${url} ${headers.Authorization}`);
      const body = answers[new URL(url).origin];
      if (!body) throw new TypeError('unreachable');
      return { json: async () => (typeof body === 'string' ? JSON.parse(body) : body) };
    };
    const channel = (...candidates) => new Channel({ candidates: () => candidates }, 'a b', 'tok');
    const code = async (one) => one.iceServers().then(() => 'fine', (error) => error.code);
    try {
      const two = channel('http://zero', 'http://one', 'http://two', 'http://three');
      same(await two.iceServers(), [1]);
      await two.iceServers('new');
      same(asked, ['zero', 'one', 'two'].map((name) => `http://${name}/v1/channels/a%20b/ice Bearer tok`).concat('http://two/v1/channels/a%20b/ice Bearer new'));
      same(await code(channel('http://three')), 'CAN_NOT_GET_GATEWAY_SERVER');
      same(await code(channel('http://four')), 'UNEXPECTED_RESPONSE');
      same(await code(channel('http://one')), 'NETWORK_ERROR');
      same(await code(channel()), 'NETWORK_ERROR');
    } finally {
      globalThis.fetch = real;
    }
  },
};
