// Checks of the studio's modules, run in a real browser by test_modules.py; each throws or passes.

import { Api, ApiError } from '/studio/api.js';
import { Connection, withoutLocalNames } from '/studio/connection.js';
import { LiveSession, longer } from '/studio/live.js';
import { describe } from '/studio/messages.js';
import { reading, totals } from '/studio/meters.js';
import { photos } from '/studio/people.js';

function same(actual, expected, what = '') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} ${a} is not ${b}`);
}

async function fails(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('did not fail');
}

const answers = (body, status = 200) => {
  const asked = [];
  const send = async (path, init) => {
    asked.push({ path, ...init });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { api: new Api('tok', send), asked };
};

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A stream of a coloured canvas, 10 pictures a second. */
function camera() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 });
  const context = canvas.getContext('2d');
  let n = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${n++ * 9} 80% 50%)`;
    context.fillRect(0, 0, 160, 120);
  }, 100);
  return canvas.captureStream(10);
}

/** The far end: answers offers in this page and sends the camera's picture back. */
class Server {
  heard = [];
  silent = false;

  async answer(sdp) {
    this.peer = new RTCPeerConnection();
    this.peer.ondatachannel = ({ channel }) => this.#listen(channel);
    this.peer.ontrack = ({ track, transceiver }) => {
      transceiver.direction = 'sendrecv';
      transceiver.sender.replaceTrack(track);
    };
    await this.peer.setRemoteDescription({ type: 'offer', sdp });
    await this.peer.setLocalDescription();
    await new Promise((done) => {
      this.peer.onicegatheringstatechange = () => this.peer.iceGatheringState === 'complete' && done();
      setTimeout(done, 500);
    });
    this.offer = sdp;
    return { sdp: this.peer.localDescription.sdp, peer_id: 'p' };
  }

  #listen(channel) {
    this.channel = channel;
    channel.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      this.heard.push(message);
      if (!this.silent) channel.send(JSON.stringify({ ...message, type: 'pong' }));
    };
  }
}

export const checks = {
  async 'api calls carry the token and JSON'() {
    const { api, asked } = answers({ code: 1000, msg: 'OK', data: { _id: 'a' } });
    const worn = { face_mode: 'all', sourceImage: [{ path: 'src_1' }] };
    same(await api.create(worn, 2), { _id: 'a' });
    const [{ path, method, headers, body }] = asked;
    same([path, method], ['/api/open/v3/faceswap/live/create', 'POST']);
    same(headers.authorization, 'Bearer tok');
    same(JSON.parse(body), { ...worn, faceswap_quality: 2 });
  },
  async 'detect answers in a form of its own'() {
    const found = { error_code: 0, landmarks_str: ['1,2:3,4:5,6:7,8'], region: [[1, 2, 30, 40]] };
    const { api, asked } = answers(found);
    same(await api.detect('data:image/jpeg;base64,AA=='), [{ opts: '1,2:3,4:5,6:7,8', region: [1, 2, 30, 40] }]);
    same(JSON.parse(asked[0].body), { img: 'data:image/jpeg;base64,AA==', single_face: false });
    same(await answers({ error_code: 1, error_msg: 'No faces detected' }).api.detect('x'), []);
  },
  'all photos of a face are sent'() {
    const face = { name: 'A', picture: '', source: { id: 'src_1' }, sample: false, more: [{ id: 'src_2' }] };
    same(photos(face), [{ path: 'src_1' }, { path: 'src_2' }]);
    same(photos({ ...face, source: null, more: [] }), []);
  },
  async 'joining uses the token of the channel'() {
    const { api, asked } = answers({ code: 1000, msg: 'OK', data: { sdp: 'x' } });
    await api.join({ _id: 'a', channel_id: 'c/1', front_rtc_token: '007' }, 'v=0');
    same(asked[0].path, '/v1/channels/c%2F1/join');
    same(asked[0].headers.authorization, 'Bearer 007');
  },
  async 'closing while leaving outlives the page'() {
    const { api, asked } = answers({ code: 1000, msg: 'OK' });
    await api.close('a', true);
    same(asked[0].keepalive, true);
  },
  async 'a failure keeps its code and words'() {
    const { api } = answers({ code: 1016, msg: 'The face is too small.' }, 400);
    const error = await fails(api.addSource(new Blob(['x'])));
    same([error instanceof ApiError, error.code, error.message], [true, 1016, 'The face is too small.']);
  },
  async 'no server, and no answer of ours, are told apart'() {
    const down = new Api('t', () => Promise.reject(new TypeError('refused')));
    same((await fails(down.listSources())).kind, 'offline');
    same((await fails(answers('<html>', 502).api.listSources())).kind, 'offline');
    same((await fails(answers('oops', 500).api.listSources())).kind, 'server');
  },
  'every problem has a title and says what to do'() {
    const errors = [
      ...[1003, 1005, 1006, 1008, 1009, 1016, 1101, 1102, 1200, 1215, 1999].map((code) => ({ code, message: 'm' })),
      ...['NotFoundError', 'NotAllowedError', 'NotReadableError'].map((name) => new DOMException('', name)),
      ...['offline', 'insecure', 'unreachable', 'cameraEnded'].map((kind) => ({ kind })),
      new Error('anything'), undefined,
    ];
    for (const error of errors) {
      const { title, advice } = describe(error);
      if (!title || !advice) throw new Error(JSON.stringify(error));
    }
  },
  'the right words are chosen'() {
    same(describe({ code: 1215 }).title, 'No room on the server');
    same(describe({ code: 1016, message: 'Two noses.' }).advice, 'Two noses.');
    same(describe({ code: 1101, message: 'jwt' }).action, 'sign-in');
    same(describe(new DOMException('', 'NotReadableError')).title, 'The camera is busy');
    same(describe(new TypeError('x is undefined')).title, 'The server made a mistake');
  },
  'only names ending in .local are cut from the offer'() {
    const keep = 'a=candidate:1 1 udp 1 192.168.1.2 5000 typ host';
    const cut = 'a=candidate:1 1 udp 1 9f2e-11.local 5000 typ host';
    same(withoutLocalNames(['v=0', keep, cut, 'a=end', ''].join('\r\n')), ['v=0', keep, 'a=end', ''].join('\r\n'));
  },
  'waits between tries double up to four seconds'() {
    const waits = [longer(0)];
    while (waits.length < 7) waits.push(longer(waits.at(-1)));
    same(waits, [250, 500, 1000, 2000, 4000, 4000, 4000]);
  },
  'latency is the sum of its parts'() {
    const at = (decoded, seconds) => ({
      at: seconds, rtt: 0.01, width: 640, height: 480, codec: 'VP8', decoded, decodeTime: decoded * 0.002,
      emitted: decoded, bufferTime: decoded * 0.02, encoded: decoded, encodeTime: decoded * 0.004,
      sent: decoded * 3, sendTime: decoded * 3 * 0.001,
    });
    const { fps, latency, parts } = reading(at(100, 10), at(150, 12), 30);
    same(fps, 25);
    const rounded = Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, Math.round(v)]));
    same(rounded, { network: 10, buffer: 21, codec: 6, server: 30 });
    same(Math.round(latency), 67);
    same(reading(at(1, 1), at(1, 1), null).latency, null);
    same(reading(at(1, 1), at(1, 1), null).fps, 0);
  },
  async 'a connection offers both ways, an events channel, and beats'() {
    const server = new Server();
    const connection = new Connection({ stream: camera(), codec: 'H264', maxBitrate: 1e6, frameRate: 20, exchange: (sdp) => server.answer(sdp) });
    const streams = [];
    const messages = [];
    connection.addEventListener('stream', ({ detail }) => streams.push(detail));
    connection.addEventListener('message', ({ detail }) => messages.push(detail));
    await connection.open();
    same(server.offer.match(/^m=\w+/gm), ['m=video', 'm=audio', 'm=application']);
    same(server.offer.match(/a=sendrecv/g).length, 2);
    same(/m=video \d+ \S+ (\d+)/.exec(server.offer)[1], /a=rtpmap:(\d+) H264/.exec(server.offer)[1]);
    await wait(1300);
    same(server.heard.slice(0, 1), [{ type: 'ping', t: 1 }]);
    server.channel.send('not JSON');
    server.channel.send('{"type":"state","state":"swapping"}');
    server.channel.send('{"type":"ping","n":1}');
    await wait(100);
    same(messages, [{ type: 'state', state: 'swapping' }]);
    const report = totals(await connection.statistics());
    same([report.width > 0, report.decoded > 0, report.codec], [true, true, 'H264']);
    same(streams.length > 0, true);
    connection.close();
    same(await connection.lost, 'closed here');
  },
  async 'a server that falls silent is dead after three seconds'() {
    const server = new Server();
    const connection = new Connection({ stream: camera(), exchange: (sdp) => server.answer(sdp) });
    await connection.open();
    await wait(1200);
    server.silent = true;
    const began = performance.now();
    const reason = await connection.lost;
    const seconds = (performance.now() - began) / 1000;
    same(reason, 'no answer');
    if (seconds < 2 || seconds > 6) throw new Error(`after ${seconds} s`);
    connection.close();
  },
  async 'a session is joined again, then ends when the server says so'() {
    const servers = [];
    const asked = [];
    let gone = false;
    const api = {
      create: async (...what) => {
        asked.push(what);
        return { _id: 'a', channel_id: 'c', front_rtc_token: '007' };
      },
      close: async () => ({}),
      join: async (_session, sdp) => {
        if (gone) throw new ApiError('closed', { code: 1008 });
        if (servers.length === 1) { servers.push(null); throw new ApiError('', { kind: 'offline' }); }
        servers.push(new Server());
        return servers.at(-1).answer(sdp);
      },
    };
    const live = new LiveSession(api, { stream: camera() });
    const states = [];
    live.addEventListener('state', ({ detail }) => states.push(detail.state));
    const ended = new Promise((resolve) => live.addEventListener('ended', ({ detail }) => resolve(detail)));
    await live.start('src', 2, true);
    same(asked, [['src', 2, true]]);
    servers[0].channel?.close();
    servers[0].peer.close();
    for (let i = 0; i < 100 && servers.length < 3; i++) await wait(50);
    await wait(500);
    same(states.slice(0, 3), ['creating', 'joining', 'joined']);
    same([states.includes('lost'), states.at(-1)], [true, 'joined']);
    gone = true;
    servers[2].peer.close();
    same((await ended).code, 1008);
  },
  async 'a session that is full is closed and told at once'() {
    const closed = [];
    const api = {
      create: async () => ({ _id: 'a', channel_id: 'c', front_rtc_token: '007' }),
      close: async (id) => closed.push(id),
      join: async () => { throw new ApiError('full', { code: 1215 }); },
    };
    const error = await fails(new LiveSession(api, { stream: camera() }).start('src', 2));
    same([error.code, closed], [1215, ['a']]);
  },
};
