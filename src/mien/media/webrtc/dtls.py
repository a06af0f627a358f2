"""DTLS-SRTP with more cipher suites, and without a way to be broken by a bad packet.

Every touch of aiortc's private names for DTLS and RTP routing is here: its transport has no public
way to hand packets to anything but aiortc's own receivers and senders.
"""

import struct
from collections.abc import Callable
from typing import Protocol

from aioice import stun
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import SRTPProtectionProfile
from aiortc.rtcrtpparameters import (
    RTCRtpHeaderExtensionParameters,
    RTCRtpParameters,
)
from aiortc.rtp import AnyRtcpPacket, HeaderExtensions, HeaderExtensionsMap, RtpPacket
from OpenSSL import SSL

from mien.media.webrtc.twccreader import split_feedback

# ECDHE-RSA is for peers with an RSA certificate, such as GStreamer's webrtcbin.
KEYS = ("ECDSA", "RSA")
SUITES = (
    "AES128-GCM-SHA256",
    "CHACHA20-POLY1305",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
)
CIPHERS = b":".join(f"ECDHE-{key}-{suite}".encode() for suite in SUITES for key in KEYS)


class RtpHandler(Protocol):
    """Receives what belongs to one stream."""

    async def on_rtp(self, packet: RtpPacket) -> None:
        """A media packet came."""

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """A report or request came."""


class RtcpHandler(Protocol):
    """Receives reports on a stream that is sent."""

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """A report or request came."""


class Certificate(RTCCertificate):
    """A self-signed certificate whose connections speak ECDHE-RSA as well."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class IncomingExtensions(HeaderExtensionsMap):
    """Reads header extensions; a malformed one is a ValueError, which drops the packet."""

    def get(self, extension_profile: int, extension_value: bytes) -> HeaderExtensions:
        """See the base class, which lets struct.error through and so ends the connection."""
        try:
            return super().get(extension_profile, extension_value)
        except struct.error as error:
            raise ValueError("RTP header extension is malformed") from error


class MediaTransport(RTCDtlsTransport):
    """Carries RTP and RTCP between the network and our own senders and receivers."""

    def __init__(self, ice: RTCIceTransport, certificate: Certificate, role: str) -> None:
        super().__init__(ice, [certificate])
        self._rtp_header_extensions_map = IncomingExtensions()
        self._set_role(role)
        self._on_feedback: Callable[[bytes], None] | None = None

    def add_receiver(
        self, handler: RtpHandler, *, ssrcs: list[int], payload_types: list[int]
    ) -> None:
        """Route packets of these sources and payload types to the handler."""
        self._rtp_router.register_receiver(_Receiver(handler), ssrcs, payload_types)

    def add_sender(self, handler: RtcpHandler, ssrc: int) -> None:
        """Route reports on this source to the handler."""
        self._rtp_router.register_sender(_Sender(handler, ssrc), ssrc)

    def read_feedback(self, handler: Callable[[bytes], None]) -> None:
        """Give transport-wide feedback to the handler, as it came: aiortc's parser knows none."""
        self._on_feedback = handler

    def read_extensions(self, extensions: dict[str, int]) -> None:
        """Understand these header extensions, URI to id, in what comes."""
        parameters = RTCRtpParameters(
            headerExtensions=[
                RTCRtpHeaderExtensionParameters(id=number, uri=uri)
                for uri, number in extensions.items()
            ]
        )
        self._rtp_header_extensions_map.configure(parameters)

    async def send(self, data: bytes) -> bool:
        """Send a serialised RTP or RTCP packet; False when there is no connection any more."""
        try:
            await self._send_rtp(data)
        except (ConnectionError, stun.TransactionError):  # the latter from a TURN server
            return False
        return True

    async def _handle_rtcp_data(self, data: bytes) -> None:
        feedback, data = split_feedback(data)
        for packet in feedback:
            if self._on_feedback is not None:
                self._on_feedback(packet)
        if not data:
            return
        try:
            await super()._handle_rtcp_data(data)
        except struct.error:
            return  # a truncated report would end the connection


class _Receiver:
    """Our handler, under the names that aiortc's router calls."""

    def __init__(self, handler: RtpHandler) -> None:
        self._handler = handler

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        await self._handler.on_rtp(packet)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        await self._handler.on_rtcp(packet)

    def _handle_disconnect(self) -> None:
        """The peer learns of it from the transport's state."""


class _Sender:
    """Our handler, under the names that aiortc's router calls."""

    def __init__(self, handler: RtcpHandler, ssrc: int) -> None:
        self._handler = handler
        self._ssrc = ssrc

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        await self._handler.on_rtcp(packet)
