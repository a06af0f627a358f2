"""What a peer tells its owner."""

from collections.abc import Mapping
from typing import Any, Protocol

from mien.errors import MediaRejected
from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.picture import VideoPicture


class PeerListener(Protocol):
    """Called on the event loop; every method must return at once."""

    def on_video(self, picture: VideoPicture) -> None:
        """A picture was decoded; pictures that a newer one overtook are left out."""

    def on_audio(self, packet: AudioPacket) -> None:
        """An Opus packet came."""

    def on_message(self, message: Mapping[str, Any]) -> None:
        """A JSON object came over the data channel."""

    def on_state(self, state: str) -> None:
        """The state became connecting, connected, disconnected or closed."""

    def on_refused(self, error: MediaRejected) -> None:
        """The peer sends what the policy doesn't allow; its video is no longer decoded."""
