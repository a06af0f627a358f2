"""Who signs this installation's C2PA manifests: the operator's certificate, or a development CA.

The development CA is made at the first start. Nobody else trusts it, and its names say so.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mien.errors import MienError
from mien.live.ids import Clock
from mien.settings import Settings
from mien.trust.credentials import Identity
from mien.trust.private_file import write_private

CA_CERT, CA_KEY = "c2pa-development-ca.pem", "c2pa-development-ca-key.pem"
CHAIN, KEY = "c2pa-development-signer.pem", "c2pa-development-signer-key.pem"
# C2PA's own purpose, "claim signing"; readers that are older look for e-mail protection.
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
CA_LASTS, SIGNER_LASTS = timedelta(days=3650), timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)


class CertificateBroken(MienError):
    """The certificate or key that is to sign manifests can't be used."""


def open_identity(settings: Settings, clock: Clock) -> Identity:
    """Who signs; the development CA is made where the settings name nobody.

    Raises CertificateBroken.
    """
    about = settings.c2pa
    if about.cert is None and about.key is None:
        _ensure_development(settings.data_dir, datetime.fromtimestamp(clock(), UTC))
        chain, key = settings.data_dir / CHAIN, settings.data_dir / KEY
    elif about.cert is not None and about.key is not None:
        chain, key = about.cert, about.key
    else:
        raise CertificateBroken("Set both MIEN_C2PA_CERT and MIEN_C2PA_KEY, or neither.")
    return Identity(_pem(chain), _key(key), about.tsa_url)


def trust_anchors(settings: Settings) -> str:
    """PEM certificates of those whose manifests are trusted: our own CA, and the operator's list.

    Raises CertificateBroken for a list that can't be read.
    """
    about, own = settings.c2pa, settings.data_dir / CA_CERT
    listed = [path for path in (about.trust, about.cert) if path is not None]
    return "\n".join(_pem(path) for path in [*listed, *([own] if own.exists() else [])])


def _ensure_development(folder: Path, now: datetime) -> None:
    if not (folder / CA_CERT).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        write_private(folder / CA_KEY, _private(key))
        write_private(folder / CA_CERT, _public(_root(key, now)))
    path = folder / CHAIN
    if path.exists():
        signer = x509.load_pem_x509_certificate(path.read_bytes())
        if signer.not_valid_after_utc - now > RENEW_BEFORE:
            return
    root = x509.load_pem_x509_certificate((folder / CA_CERT).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    signer = _signer(key, root, _key(folder / CA_KEY), now)
    write_private(folder / KEY, _private(key))
    write_private(path, _public(signer) + _public(root))


def _root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("Mien development CA, trusted by nobody else")
    public = key.public_key()
    return (
        _certificate(name, name, public, now, CA_LASTS)
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _signer(
    key: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    public, issuer = key.public_key(), root_key.public_key()
    purposes = x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    return (
        _certificate(_name("Mien development signer"), root.subject, public, now, SIGNER_LASTS)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    # A day back: clocks of those who check may be slow.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lasts)
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mien, development only")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise CertificateBroken(f"{path} can't be read as PEM; check MIEN_C2PA_*.") from error


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise CertificateBroken(f"{path} holds no key that can be read without a password.") from (
            error
        )
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateBroken(f"{path} is no P-256 key; manifests are signed with ES256.")
    return key


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
