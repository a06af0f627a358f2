"""A channel whose front user is a file: $FAKE_AGORA/camera.npz (arrays y, u, v, and width).

What is called is written to calls.jsonl there, pushed pictures to frame-N.raw and sound to
pcm.raw. As with the SDK: importing makes HTTPS unverified, a process has one service, callbacks
come on threads of its own, may not call the SDK, and what they are given is theirs only so long.
"""

import json
import os
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from .agora_base import (
    AgoraServiceConfig,
    AudioFrame,
    ExternalVideoFrame,
    RTCConnConfig,
    RtcConnectionPublishConfig,
    VideoFrame,
)

setattr(ssl, "_create_default_https_context", ssl._create_unverified_context)  # noqa: B010
FOLDER = Path(os.environ.get("FAKE_AGORA", "."))
FRONT = "1"
inside = threading.local()
writing = threading.Lock()
services: list["AgoraService"] = []


def note(call: str, **about: Any) -> None:
    if getattr(inside, "callback", False):
        about["misuse"] = "called from a callback"
    with writing, (FOLDER / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"call": call, **about}) + "\n")


def call_back(callback: Any, *values: Any) -> None:
    inside.callback = True
    begin = time.thread_time()
    callback(*values)
    inside.callback = False
    if time.thread_time() - begin > 0.01:
        note("slow", misuse="a callback worked")


class AgoraService:
    def __init__(self) -> None:
        self.inited = False
        services.append(self)

    def initialize(self, config: AgoraServiceConfig) -> int:
        note("initialize", appid=config.appid, video=config.enable_video, services=len(services))
        self.inited = len(config.appid) == 32
        return 0 if self.inited else -101

    def create_rtc_connection(
        self, con_config: RTCConnConfig, publish_config: RtcConnectionPublishConfig
    ) -> "RTCConnection | None":
        return RTCConnection(con_config, publish_config) if self.inited else None

    def release(self) -> None:
        note("service.release")


class LocalUser:
    sound: tuple[int, int] | None = None

    def set_playback_audio_frame_before_mixing_parameters(
        self, channels: int, sample_rate_hz: int
    ) -> int:
        self.sound = (channels, sample_rate_hz)
        return 0


class RTCConnection:
    def __init__(self, config: RTCConnConfig, publishing: RtcConnectionPublishConfig) -> None:
        self.config, self.publishing = config, publishing
        self.local_user = LocalUser()
        self.observer: Any = None
        self.audio: Any = None
        self.video: Any = None
        self.channel = ""
        self.pushed = 0
        self.published: set[str] = set()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=t) for t in (self._events, self._play, self._show)]

    def get_local_user(self) -> LocalUser:
        return self.local_user

    def register_observer(self, conn_observer: Any) -> int:
        self.observer = conn_observer
        return 0

    def register_audio_frame_observer(
        self, observer: Any, enable_vad: int, vad_configure: Any
    ) -> int:
        # Before the parameters are set, the SDK never calls it.
        self.audio = observer if self.local_user.sound else None
        return 0

    def register_video_frame_observer(self, observer: Any) -> int:
        self.video = observer
        return 0

    def connect(self, token: str, chan_id: str, user_id: str) -> int:
        note("connect", token=token, channel=chan_id, uid=user_id, pid=os.getpid())
        if not token.startswith("007"):
            return -110
        self.channel = chan_id
        for thread in self.threads:
            thread.start()
        return 0

    def renew_token(self, token: str) -> int:
        note("renew_token", token=token)
        return 0

    def publish_audio(self) -> int:
        note("publish_audio")
        self.published.add("audio")
        return 0 if self.publishing.is_publish_audio else -1000

    def publish_video(self) -> int:
        note("publish_video")
        self.published.add("video")
        return 0 if self.publishing.is_publish_video else -1000

    def push_video_frame(self, frame: ExternalVideoFrame) -> int:
        assert frame.buffer is not None and frame.type == 1 and frame.format == 1
        assert len(frame.buffer) == frame.stride * frame.height * 3 // 2
        assert "video" in self.published
        self.pushed += 1
        if self.pushed % 2:
            name = f"frame-{self.pushed}.raw"
            (FOLDER / name).write_bytes(frame.buffer)
            note("push_video_frame", file=name, width=frame.stride, height=frame.height)
        return 0

    def push_audio_pcm_data(
        self, data: bytearray, sample_rate: int, channels: int, start_pts: int = 0
    ) -> int:
        assert "audio" in self.published
        if len(data) % (sample_rate / 1000 * 2 * channels):
            return -1002
        with writing, (FOLDER / "pcm.raw").open("ab") as file:
            file.write(bytes(data))
        return 0

    def disconnect(self) -> int:
        self.over.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(2)
        note("disconnect")
        return 0

    def release(self) -> None:
        note("connection.release")

    def _events(self) -> None:
        call_back(self.observer.on_connected, self, None, 0)
        present = False
        warned = False
        while not self.over.wait(0.05):
            wanted = not (FOLDER / "left").exists()
            if wanted and not present:
                call_back(self.observer.on_user_joined, self, FRONT)
            if present and not wanted:
                call_back(self.observer.on_user_left, self, FRONT, 0)
            present = wanted
            if not warned and (FOLDER / "expiring").exists():
                warned = True
                call_back(self.observer.on_token_privilege_will_expire, self, "007old")

    def _show(self) -> None:
        planes = np.load(FOLDER / "camera.npz")
        width, rotation = int(planes["width"]), int(planes["rotation"])
        kept = {name: planes[name] for name in "yuv"}
        begin = time.monotonic()
        while self.config.auto_subscribe_video and not self.over.wait(1 / 15):
            buffers = [bytearray(plane.tobytes()) for plane in kept.values()]
            frame = VideoFrame(
                type=1,
                width=width,
                height=kept["y"].shape[0],
                y_stride=kept["y"].shape[1],
                u_stride=kept["u"].shape[1],
                v_stride=kept["v"].shape[1],
                y_buffer=buffers[0],
                u_buffer=buffers[1],
                v_buffer=buffers[2],
                rotation=rotation,
                render_time_ms=round((time.monotonic() - begin) * 1e3),
            )
            for uid in (FRONT, "77"):
                if (FOLDER / "left").exists() or self.video is None:
                    break
                if uid != FRONT:
                    frame.height -= 2  # somebody else's camera, which is not asked for
                call_back(self.video.on_frame, self.channel, uid, frame)
            for buffer in buffers:
                buffer[:] = bytes(len(buffer))

    def _play(self) -> None:
        piece = 0
        while self.config.auto_subscribe_audio and not self.over.wait(0.01):
            if self.audio is None or self.local_user.sound is None:
                continue
            channels, rate = self.local_user.sound
            data = bytearray(np.full(rate // 100 * channels, piece % 30_000, "<i2").tobytes())
            piece += 1
            frame = AudioFrame(
                samples_per_channel=rate // 100,
                bytes_per_sample=2,
                channels=channels,
                samples_per_sec=rate,
                buffer=data,
            )
            heard = self.audio.on_playback_audio_frame_before_mixing
            call_back(heard, self.local_user, self.channel, FRONT, frame, 0, None)
            data[:] = bytes(len(data))
