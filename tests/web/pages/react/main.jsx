// Written after agora-rtc-react's own quickstart; the session is handed in by the page's address.
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import AgoraRTC, {
  AgoraRTCProvider,
  LocalUser,
  RemoteUser,
  useClientEvent,
  useConnectionState,
  useCurrentUID,
  useIsConnected,
  useJoin,
  useLocalCameraTrack,
  useLocalMicrophoneTrack,
  useNetworkQuality,
  usePublish,
  useRTCClient,
  useRemoteAudioTracks,
  useRemoteUsers,
  useRemoteVideoTracks,
  useVolumeLevel,
} from 'agora-rtc-react';

const client = AgoraRTC.createClient({ mode: 'rtc', codec: 'vp8' });
const session = JSON.parse(decodeURIComponent(location.hash.slice(1)));

function App() {
  const [calling, setCalling] = useState(false);
  return (
    <main>
      <button id="call" onClick={() => setCalling((on) => !on)}>{calling ? 'Hang up' : 'Call'}</button>
      {calling ? <Call /> : <p id="state">Not in a call</p>}
    </main>
  );
}

function Call() {
  const [cameraOn, setCamera] = useState(true);
  const isConnected = useIsConnected();
  const state = useConnectionState();
  const uid = useCurrentUID();
  const joined = useJoin({
    appid: session.app_id,
    channel: session.channel_id,
    token: session.front_rtc_token,
    uid: parseInt(session.front_user_id),
  });
  const { localMicrophoneTrack } = useLocalMicrophoneTrack();
  const { localCameraTrack } = useLocalCameraTrack(cameraOn);
  const published = usePublish([localMicrophoneTrack, localCameraTrack]);
  const remoteUsers = useRemoteUsers();
  const { videoTracks } = useRemoteVideoTracks(remoteUsers);
  const { audioTracks } = useRemoteAudioTracks(remoteUsers);
  const level = useVolumeLevel(audioTracks[0]);
  const { uplinkNetworkQuality } = useNetworkQuality();
  const [events, setEvents] = useState([]);
  useClientEvent(useRTCClient(), 'user-published', (user, mediaType) => {
    setEvents((seen) => [...seen, `user-published ${user.uid} ${mediaType}`]);
  });
  const error = joined.error ?? published.error;
  return (
    <section>
      <button id="camera" onClick={() => setCamera((on) => !on)}>Camera</button>
      <p id="state">{`${state} ${isConnected} ${uid}`}</p>
      <p id="heard">{`${videoTracks.length} video ${audioTracks.length} audio ${level}`}</p>
      <p id="network">{uplinkNetworkQuality}</p>
      <p id="events">{events.join(', ')}</p>
      <p id="error">{error ? String(error.message) : ''}</p>
      <div id="local" style={{ width: 320, height: 240 }}>
        <LocalUser
          cameraOn={cameraOn}
          micOn
          videoTrack={localCameraTrack}
          audioTrack={localMicrophoneTrack}
          playAudio={false}
        />
      </div>
      {remoteUsers.map((user) => (
        <div key={user.uid} id={`remote-${user.uid}`} style={{ width: 320, height: 240 }}>
          <RemoteUser user={user} />
        </div>
      ))}
    </section>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <AgoraRTCProvider client={client}>
      <App />
    </AgoraRTCProvider>
  </StrictMode>,
);
