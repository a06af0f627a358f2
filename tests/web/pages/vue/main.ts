// A call as many Vue programs have it: client, tracks and users in data(), so all of it reactive.
import { createApp, defineComponent, h } from 'vue';
import AgoraRTC from 'agora-rtc-sdk-ng';
import type {
  ConnectionState,
  IAgoraRTCClient,
  IAgoraRTCError,
  IAgoraRTCRemoteUser,
  ICameraVideoTrack,
  IMicrophoneAudioTrack,
  UID,
} from 'agora-rtc-sdk-ng';

interface Session {
  app_id: string;
  channel_id: string;
  front_rtc_token: string;
  front_user_id: string;
  algorithm_user_id: string;
}

interface State {
  client: IAgoraRTCClient | null;
  camera: ICameraVideoTrack | null;
  microphone: IMicrophoneAudioTrack | null;
  users: IAgoraRTCRemoteUser[];
  state: ConnectionState;
  uid: UID | null;
  levels: Record<string, number>;
  problem: string;
}

const Call = defineComponent({
  data(): State {
    return {
      client: null,
      camera: null,
      microphone: null,
      users: [],
      state: 'DISCONNECTED',
      uid: null,
      levels: {},
      problem: '',
    };
  },
  methods: {
    async start() {
      const session: Session = JSON.parse(decodeURIComponent(location.hash.slice(1)));
      AgoraRTC.setLogLevel(4);
      AgoraRTC.setParameter('AUDIO_VOLUME_INDICATION_INTERVAL', 200);
      this.client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' }) as IAgoraRTCClient;
      await this.client.setClientRole('host');
      this.client.on('user-published', this.published);
      this.client.on('user-left', (user: IAgoraRTCRemoteUser) => {
        this.users = this.users.filter(({ uid }) => uid !== user.uid);
      });
      this.client.on('connection-state-change', (now) => {
        this.state = now;
      });
      this.client.on('volume-indicator', (levels) => {
        for (const { uid, level } of levels) this.levels[uid] = level;
      });
      this.client.enableAudioVolumeIndicator();
      try {
        this.uid = await this.client.join(
          session.app_id,
          session.channel_id,
          session.front_rtc_token,
          parseInt(session.front_user_id),
        );
        const [microphone, camera] = await AgoraRTC.createMicrophoneAndCameraTracks(
          { encoderConfig: 'music_standard' },
          { encoderConfig: { width: 640, height: 480, frameRate: { max: 20, min: 20 } } },
        );
        [this.microphone, this.camera] = [microphone, camera];
        this.camera.play('local', { mirror: true });
        await this.client.publish([this.microphone, this.camera]);
      } catch (error) {
        const { code, message } = error as IAgoraRTCError;
        this.problem = `${code} ${message}`;
      }
    },
    async published(user: IAgoraRTCRemoteUser, mediaType: 'audio' | 'video') {
      if (!this.users.some(({ uid }) => uid === user.uid)) this.users.push(user);
      const kept = this.users.find(({ uid }) => uid === user.uid);
      await this.client!.subscribe(kept!, mediaType);
      await this.$nextTick();
      if (mediaType === 'video') kept!.videoTrack?.play(`remote-${user.uid}`, { fit: 'contain' });
      else kept!.audioTrack?.play();
    },
    async stop() {
      await this.client!.unpublish([this.camera!]);
      for (const track of [this.camera, this.microphone]) track?.close();
      await this.client!.leave();
      this.client!.removeAllListeners();
      this.users = [];
    },
  },
  render() {
    const box = { style: { width: '320px', height: '240px' } };
    const [loudest] = Object.values(this.levels).sort((a, b) => b - a);
    return h('main', [
      h('button', { id: 'start', onClick: this.start }, 'Start'),
      h('button', { id: 'stop', onClick: this.stop }, 'Stop'),
      h('p', { id: 'state' }, `${this.state} ${this.uid} ${this.users.length} ${this.problem}`),
      h('p', { id: 'loudest' }, String(loudest ?? '')),
      h('div', { id: 'local', ...box }),
      ...this.users.map(({ uid }) => h('div', { key: uid, id: `remote-${uid}`, ...box })),
    ]);
  },
});

createApp(Call).mount('#app');
