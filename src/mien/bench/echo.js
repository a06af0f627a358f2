// Publishes a canvas with a clock burnt into its top row, plays what comes back, and measures.
// Bits of 16 px: 24 for the time in quarters of a millisecond, then a white and a black one.
const BITS = 24, BIT = 16;
window.latencies = [];
window.shown = [];

function draw(o, ctx, n) {
  const { width: w, height: h } = ctx.canvas, t = performance.now();
  ctx.fillStyle = '#808080'; ctx.fillRect(0, 0, w, h);
  ctx.fillStyle = '#c02020'; ctx.fillRect(0, h / 2, w / 2, h / 2);      // red, lower left
  ctx.fillStyle = '#2020c0'; ctx.fillRect(w / 2, h / 2, w / 2, h / 2);  // blue, lower right
  for (let i = 0; i < 6; i++) {
    ctx.fillStyle = `hsl(${i * 60},40%,50%)`;
    ctx.beginPath();
    ctx.ellipse(w / 2 + Math.sin(t / 700 + i) * w * .3, h * .3 + Math.cos(t / 900 + i) * h * .08,
      w * .05, h * .08, 0, 0, 7);
    ctx.fill();
  }
  const ms = Math.round(performance.now() * 4) & 0xffffff;
  for (let b = 0; b < BITS + 2; b++) {
    const on = b < BITS ? (ms >> b) & 1 : b === BITS;
    ctx.fillStyle = on ? '#fff' : '#000';
    ctx.fillRect(b * BIT, 0, BIT, BIT);
  }
}

function readClock(video, o) {
  const c = readClock.c ||= new OffscreenCanvas(BIT * (BITS + 2), BIT);
  const x = c.getContext('2d', { willReadFrequently: true });
  const s = video.videoWidth / o.width;
  x.drawImage(video, 0, 0, c.width * s, BIT * s, 0, 0, c.width, BIT);
  const d = x.getImageData(0, BIT / 2, c.width, 1).data, bit = i => d[(i * BIT + BIT / 2) * 4] > 128;
  if (!bit(BITS) || bit(BITS + 1)) return null;
  let ms = 0;
  for (let b = 0; b < BITS; b++) if (bit(b)) ms |= 1 << b;
  return ms;
}

window.pixel = (fx, fy) => {
  const v = document.querySelector('video'), c = new OffscreenCanvas(v.videoWidth, v.videoHeight);
  const x = c.getContext('2d'); x.drawImage(v, 0, 0);
  return [...x.getImageData(v.videoWidth * fx, v.videoHeight * fy, 1, 1).data].slice(0, 3);
};

window.source = async o => {
  const canvas = document.createElement('canvas'), ctx = canvas.getContext('2d');
  canvas.width = o.width; canvas.height = o.height;
  window.resize = (w, h) => { canvas.width = o.width = w; canvas.height = o.height = h; };
  const stream = canvas.captureStream(0), track = stream.getVideoTracks()[0];
  track.contentHint = 'motion';
  let next = performance.now(), n = 0;
  (function tick() {
    draw(o, ctx, n++); track.requestFrame(); next += 1000 / o.fps;
    setTimeout(tick, Math.max(0, next - performance.now()));
  })();
  if (!o.audio) return stream;
  const ac = new AudioContext(), osc = ac.createOscillator(), out = ac.createMediaStreamDestination();
  osc.frequency.value = 440; osc.connect(out); osc.start(); await ac.resume();
  stream.addTrack(out.stream.getAudioTracks()[0]);
  return stream;
};

window.offer = async options => {
  const o = window.o = { width: 640, height: 480, fps: 20, video: true, audio: true, data: true,
    codec: 'VP8', direction: 'sendrecv', maxBitrate: 2500000, ...options };
  const pc = window.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: o.ice || [],
    iceTransportPolicy: o.policy || 'all' });
  const stream = o.direction === 'recvonly' ? null : await source(o);
  for (const kind of ['audio', 'video'].filter(k => o[k])) {
    const track = stream && stream.getTracks().find(t => t.kind === kind);
    const tr = pc.addTransceiver(track || kind, { direction: o.direction, streams: stream ? [stream] : [],
      sendEncodings: kind === 'video' && track ? [{ maxBitrate: o.maxBitrate }] : undefined });
    if (kind === 'video') {
      const all = RTCRtpReceiver.getCapabilities('video').codecs;
      tr.setCodecPreferences(all.filter(c => ['video/' + o.codec.toLowerCase(), 'video/rtx']
        .includes(c.mimeType.toLowerCase())));
    }
  }
  window.messages = [];
  if (o.data) {
    window.dc = pc.createDataChannel('events');
    dc.onmessage = e => messages.push(JSON.parse(e.data));
  }
  const video = document.createElement('video');
  video.autoplay = video.muted = video.playsInline = true; document.body.append(video);
  window.streams = {};
  pc.ontrack = e => {
    streams[e.track.kind] = e.streams.map(s => s.id);
    if (e.track.kind === 'audio') {
      // Without a sink the browser decodes no audio, so there would be nothing to measure.
      const a = new Audio(); a.srcObject = new MediaStream([e.track]); a.play();
      return;
    }
    video.srcObject = new MediaStream([e.track]);
    const look = () => {
      const ms = readClock(video, o);
      if (ms !== null) latencies.push(((Math.round(performance.now() * 4) - ms) & 0xffffff) / 4);
      shown.push([performance.now(), video.videoWidth, video.videoHeight]);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise(r => {
    if (pc.iceGatheringState === 'complete') r();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r();
    setTimeout(r, 2000);
  });
  return pc.localDescription.sdp;
};

window.accept = async sdp => {
  window.began = performance.now();
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'connected') window.connectMs = performance.now() - began;
  };
  await pc.setRemoteDescription({ type: 'answer', sdp });
};

window.stats = async kind => {
  const out = [];
  (await pc.getStats()).forEach(s => { if (s.type === kind) out.push(s); });
  return out;
};
true;
