"""One channel of the Agora network, joined as the algorithm user.

The SDK's callbacks come on its own threads and may neither work nor call it: they copy and hand
on. One thread turns what came into pictures, another publishes.
"""

import asyncio
import contextlib
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from mien.errors import ParameterError
from mien.media.agora.frames import I420, RAW_DATA, YuvFrame, copied, to_bgr, to_i420
from mien.media.agora.sdk import PACKAGE, load_sdk, observer
from mien.media.pacing import Newest
from mien.media.transport import TransportListener
from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.picture import VideoPicture

SAMPLE_RATE = 48_000
MONO = 1
JOIN_WITHIN_S = 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class ChannelOptions:
    """Whose channel: front_uid publishes the camera, uid is ours."""

    app_id: str
    channel: str
    uid: int
    front_uid: int
    max_frame_pixels: int = 1920 * 1088


class AgoraChannel:
    """A Transport. `token` gives a fresh token for our uid at each call."""

    def __init__(
        self,
        options: ChannelOptions,
        token: Callable[[], str],
        listener: TransportListener,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.users = 0
        self._options, self._token = options, token
        self._listener, self._clock = listener, clock
        self._loop = asyncio.get_running_loop()
        self._incoming: Newest[YuvFrame] = Newest()
        self._outgoing: Newest[VideoPicture] = Newest()
        self._pieces = 0
        self._published: set[str] = set()
        self._service: Any = None
        self._connection: Any = None
        self._folder = tempfile.TemporaryDirectory(prefix="mien-agora-")
        self._threads = [
            threading.Thread(target=self._receive, name="agora-in", daemon=True),
            threading.Thread(target=self._publish, name="agora-out", daemon=True),
        ]

    async def join(self) -> None:
        """Enter the channel. Raises ParameterError when the SDK is missing or refuses."""
        try:
            await asyncio.to_thread(self._connect)
        except BaseException:
            await self.close()
            raise
        for thread in self._threads:
            thread.start()

    def send_video(self, picture: VideoPicture) -> None:
        """See Transport."""
        self._outgoing.put(picture)

    def send_audio(self, packet: AudioPacket) -> None:
        """See Transport. The payload is PCM, as it came."""
        if self._connection is None:
            return
        if "audio" not in self._published:
            self._published.add("audio")
            self._connection.publish_audio()
        self._connection.push_audio_pcm_data(bytearray(packet.payload), SAMPLE_RATE, MONO)

    async def close(self) -> None:
        """See Transport."""
        self._incoming.close()
        self._outgoing.close()
        connection, self._connection = self._connection, None
        service, self._service = self._service, None
        await asyncio.to_thread(self._disconnect, connection, service)

    def _connect(self) -> None:
        try:
            service, base = load_sdk()
        except ImportError as error:
            raise ParameterError(f"stream_type: agora needs the package {PACKAGE}.") from error
        self._service = service.AgoraService()
        _require(self._service.initialize(self._service_config(base)), "initialize")
        connection = self._service.create_rtc_connection(_connection(base), _publishing(base))
        if connection is None:
            raise ParameterError("Agora's SDK gave no connection.")
        self._connection = connection
        self._observe(connection)
        about = self._options
        _require(connection.connect(self._token(), about.channel, str(about.uid)), "connect")

    def _service_config(self, base: Any) -> Any:
        config = base.AgoraServiceConfig()
        config.appid = self._options.app_id
        config.enable_video = 1
        config.audio_scenario = base.AudioScenarioType.AUDIO_SCENARIO_CHORUS
        # Its logs name channels and users: they go where the session's end removes them.
        config.log_path = f"{self._folder.name}/agora.log"
        config.data_dir = config.config_dir = self._folder.name
        return config

    def _observe(self, connection: Any) -> None:
        ended = {"on_disconnected": self._on_failure, "on_connection_failure": self._on_failure}
        people = {"on_user_joined": self._on_joined, "on_user_left": self._on_left}
        token = {
            "on_token_privilege_will_expire": lambda _connection, _token: self._on_expiry(),
            "on_token_privilege_did_expire": lambda _connection: self._on_expiry(),
        }
        connection.register_observer(
            observer(
                "rtc_connection_observer", "IRTCConnectionObserver", **ended, **people, **token
            )
        )
        # The SDK wants the form of the sound before its observer.
        user = connection.get_local_user()
        user.set_playback_audio_frame_before_mixing_parameters(MONO, SAMPLE_RATE)
        before_mixing = {"on_playback_audio_frame_before_mixing": self._on_sound}
        sound = observer("audio_frame_observer", "IAudioFrameObserver", **before_mixing)
        connection.register_audio_frame_observer(sound, 0, None)
        video = observer("video_frame_observer", "IVideoFrameObserver", on_frame=self._on_frame)
        connection.register_video_frame_observer(video)

    # The SDK's threads call these.

    def _on_frame(self, channel: str, uid: str, frame: Any) -> None:
        if uid == str(self._options.front_uid):
            self._incoming.put(copied(frame, self._clock()))

    def _on_sound(self, user: Any, channel: str, uid: str, frame: Any, *speech: Any) -> int:
        if uid == str(self._options.front_uid):
            self._call(self._sound_came, bytes(frame.buffer), self._clock())
        return 1

    def _on_joined(self, connection: Any, uid: str) -> None:
        self._call(self._count, uid, 1)

    def _on_left(self, connection: Any, uid: str, reason: int) -> None:
        self._call(self._count, uid, 0)

    def _on_failure(self, connection: Any, info: Any, reason: int) -> None:
        log.warning("agora.not_connected", reason=int(reason))
        self._call(self._count, str(self._options.front_uid), 0)

    def _on_expiry(self) -> None:
        self._call(self._renew)

    def _call(self, call: Callable[..., None], *values: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(call, *values)

    # The event loop calls these.

    def _sound_came(self, pcm: bytes, arrived: float) -> None:
        self._pieces += 1
        stamp = self._pieces * len(pcm) // 2
        self._listener.on_audio(AudioPacket(pcm, self._pieces, stamp, 0, False, arrived))

    def _count(self, uid: str, users: int) -> None:
        if uid == str(self._options.front_uid) and self.users != users:
            self.users = users
            self._listener.on_users()

    def _renew(self) -> None:
        if self._connection is not None:
            self._connection.renew_token(self._token())

    # Our own threads run these.

    def _receive(self) -> None:
        while (frame := self._incoming.take()) is not None:
            if frame.width * frame.height > self._options.max_frame_pixels:
                continue
            try:
                image = to_bgr(frame)
            except ValueError:
                log.warning("agora.frame_refused", width=frame.width, height=frame.height)
                continue
            stamp = frame.time_ms * 90 & 0xFFFFFFFF
            self._call(self._listener.on_video, VideoPicture(image, stamp, frame.arrived))

    def _publish(self) -> None:
        while (picture := self._outgoing.take()) is not None:
            connection = self._connection
            if connection is None:
                return
            if "video" not in self._published:
                self._published.add("video")
                connection.publish_video()
            connection.push_video_frame(self._external(picture))

    def _external(self, picture: VideoPicture) -> Any:
        _, base = load_sdk()
        width, height, planes = to_i420(picture.image)
        return base.ExternalVideoFrame(
            type=RAW_DATA,
            format=I420,
            buffer=planes,
            stride=width,
            height=height,
            timestamp=int(self._clock() * 1000),
        )

    def _disconnect(self, connection: Any, service: Any) -> None:
        for thread in self._threads:
            if thread.is_alive():
                thread.join(JOIN_WITHIN_S)
        if connection is not None:
            connection.disconnect()
            connection.release()
        if service is not None:
            service.release()
        self._folder.cleanup()


def _connection(base: Any) -> Any:
    return base.RTCConnConfig(
        auto_subscribe_audio=1,
        auto_subscribe_video=1,
        client_role_type=base.ClientRoleType.CLIENT_ROLE_BROADCASTER,
        channel_profile=base.ChannelProfileType.CHANNEL_PROFILE_LIVE_BROADCASTING,
        audio_subs_options=base.AudioSubscriptionOptions(
            packet_only=0,
            pcm_data_only=1,
            bytes_per_sample=2,
            number_of_channels=MONO,
            sample_rate_hz=SAMPLE_RATE,
        ),
    )


def _publishing(base: Any) -> Any:
    return base.RtcConnectionPublishConfig(
        audio_profile=base.AudioProfileType.AUDIO_PROFILE_MUSIC_STANDARD,
        audio_scenario=base.AudioScenarioType.AUDIO_SCENARIO_CHORUS,
        is_publish_audio=True,
        is_publish_video=True,
        audio_publish_type=base.AudioPublishType.AUDIO_PUBLISH_TYPE_PCM,
        video_publish_type=base.VideoPublishType.VIDEO_PUBLISH_TYPE_YUV,
    )


def _require(result: int, call: str) -> None:
    if result < 0:
        raise ParameterError(
            f"Agora's SDK refused {call} with {result}. Check MIEN_AGORA_APP_ID and _CERTIFICATE."
        )
