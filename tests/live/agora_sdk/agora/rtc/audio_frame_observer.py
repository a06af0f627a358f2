"""The callbacks of sound."""

from typing import Any


class IAudioFrameObserver:
    def on_playback_audio_frame_before_mixing(
        self,
        agora_local_user: Any,
        channelId: str,
        uid: str,
        frame: Any,
        vad_result_state: int,
        vad_result_bytearray: bytearray | None,
    ) -> int:
        return 1
