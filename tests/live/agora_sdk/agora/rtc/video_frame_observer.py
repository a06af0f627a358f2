"""The callback of pictures."""

from typing import Any


class IVideoFrameObserver:
    def on_frame(self, channel_id: str, remote_uid: str, frame: Any) -> None: ...
