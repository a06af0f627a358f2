"""The DTLS handshake with peers of either key type, over two real contexts in memory."""

import datetime

import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate
from aiortc.rtp import HeaderExtensionsMap
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL

from mien.media.webrtc.dtls import Certificate, IncomingExtensions

DTLS_1_2 = 0xFEFD


def rsa_server() -> SSL.Connection:
    """A server as GStreamer's: RSA certificate, DTLS 1.2."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    now = datetime.datetime.now(tz=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    context = SSL.Context(SSL.DTLS_METHOD)
    context.use_certificate(builder.sign(key, hashes.SHA256()))
    context.use_privatekey(key)
    context.set_max_proto_version(DTLS_1_2)
    context.set_verify(SSL.VERIFY_PEER, lambda *args: True)
    context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
    server = SSL.Connection(context)
    server.set_accept_state()
    return server


def client_of(certificate: RTCCertificate) -> SSL.Connection:
    client = SSL.Connection(certificate._create_ssl_context(SRTP_PROFILES))
    client.set_connect_state()
    return client


def shake_hands(client: SSL.Connection, server: SSL.Connection) -> None:
    for _ in range(20):
        done = 0
        for one, other in ((client, server), (server, client)):
            try:
                one.do_handshake()
                done += 1
            except SSL.WantReadError:
                pass
            _carry(one, other)
        if done == 2:
            return
    raise AssertionError("the handshake does not end")


def _carry(one: SSL.Connection, other: SSL.Connection) -> None:
    while True:
        try:
            other.bio_write(one.bio_read(4096))
        except SSL.WantReadError:
            return


def test_a_peer_with_an_rsa_certificate_can_be_talked_to() -> None:
    client, server = client_of(Certificate.generateCertificate()), rsa_server()
    shake_hands(client, server)
    assert (client.get_cipher_name() or "").startswith("ECDHE-RSA")


def test_aiortc_alone_can_not() -> None:
    client, server = client_of(RTCCertificate.generateCertificate()), rsa_server()
    with pytest.raises(SSL.Error):
        shake_hands(client, server)


def test_a_malformed_header_extension_is_a_value_error_only() -> None:
    import struct

    from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters

    from mien.media.webrtc.answer import ABS_SEND_TIME

    parameters = RTCRtpParameters(
        headerExtensions=[RTCRtpHeaderExtensionParameters(id=2, uri=ABS_SEND_TIME)]
    )
    for kind, error in ((HeaderExtensionsMap, struct.error), (IncomingExtensions, ValueError)):
        extensions = kind()
        extensions.configure(parameters)
        with pytest.raises(error):
            extensions.get(0xBEDE, bytes([0x20, 1, 0, 0]))  # one byte instead of three
