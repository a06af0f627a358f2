"""What carries a stream where peers do not connect to this process: another network's channel."""

from typing import Protocol

from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.picture import VideoPicture


class TransportListener(Protocol):
    """Called on the event loop; every method must return at once."""

    def on_video(self, picture: VideoPicture) -> None:
        """A picture of the front user came."""

    def on_audio(self, packet: AudioPacket) -> None:
        """Sound of the front user came, in the transport's own form."""

    def on_users(self) -> None:
        """Somebody came or went."""


class Transport(Protocol):
    """A channel that is joined as the algorithm user; sound goes back in the form it came."""

    users: int
    """Front users in the channel: 0 or 1."""

    def send_video(self, picture: VideoPicture) -> None:
        """Publish a picture; a newer one overtakes it while it waits."""

    def send_audio(self, packet: AudioPacket) -> None:
        """Publish a piece of sound."""

    async def close(self) -> None:
        """Leave the channel; idempotent."""
