import stat
from pathlib import Path

import pytest
from cryptography import x509

from mien.live.certificates import (
    CA_CERT,
    CA_KEY,
    CHAIN,
    KEY,
    CertificateBroken,
    open_identity,
    trust_anchors,
)
from mien.settings import C2paSettings, Settings

NOW = 1_800_000_000.0
DAY = 86_400.0


def test_the_first_start_makes_a_ca_that_says_what_it_is(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    identity = open_identity(settings, lambda: NOW)
    signer, root = x509.load_pem_x509_certificates(identity.chain.encode())
    assert "development" in signer.subject.rfc4514_string()
    assert "trusted by nobody else" in root.subject.rfc4514_string()
    signer.verify_directly_issued_by(root)
    for secret in (CA_KEY, KEY):
        assert stat.S_IMODE((tmp_path / secret).stat().st_mode) == 0o600
    assert trust_anchors(settings) == (tmp_path / CA_CERT).read_text()


def test_it_is_kept_and_only_the_signer_is_renewed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first = open_identity(settings, lambda: NOW)
    assert open_identity(settings, lambda: NOW + 300 * DAY).chain == first.chain
    root = (tmp_path / CA_CERT).read_bytes()
    later = open_identity(settings, lambda: NOW + 340 * DAY)
    assert later.chain != first.chain
    assert (tmp_path / CA_CERT).read_bytes() == root


def test_the_operator_s_own_certificate_wins(tmp_path: Path) -> None:
    made = tmp_path / "made"
    other = open_identity(Settings(data_dir=made), lambda: NOW)
    about = C2paSettings(cert=made / CHAIN, key=made / KEY, tsa_url="http://127.0.0.1:1/")
    settings = Settings(data_dir=tmp_path / "data", c2pa=about)
    identity = open_identity(settings, lambda: NOW)
    assert identity.chain == other.chain
    assert identity.time_stamps == "http://127.0.0.1:1/"
    assert not (tmp_path / "data" / CA_CERT).exists()
    assert "BEGIN CERTIFICATE" in trust_anchors(settings)


@pytest.mark.parametrize("about", [C2paSettings(cert=Path("a")), C2paSettings(key=Path("b"))])
def test_half_a_certificate_is_refused(tmp_path: Path, about: C2paSettings) -> None:
    with pytest.raises(CertificateBroken, match="both"):
        open_identity(Settings(data_dir=tmp_path, c2pa=about), lambda: NOW)


def test_a_key_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    about = C2paSettings(cert=broken, key=broken)
    with pytest.raises(CertificateBroken, match="no key"):
        open_identity(Settings(data_dir=tmp_path, c2pa=about), lambda: NOW)
    with pytest.raises(CertificateBroken, match="can't be read"):
        trust_anchors(Settings(data_dir=tmp_path, c2pa=C2paSettings(trust=tmp_path / "none")))
