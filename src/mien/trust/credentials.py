"""C2PA content credentials: signing files that Mien made, and reading anybody's.

Nothing here reaches for the network but a time stamp from the authority that the operator named.
"""

from base64 import b64decode
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Literal

import c2pa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mien.errors import MienError
from mien.trust.manifest import SESSION, SOFT_BINDING, Ingredient, ingredient_of

State = Literal["trusted", "valid", "invalid", "absent"]

P256_BYTES = 32
STATES: dict[str, State] = {"Trusted": "trusted", "Valid": "valid"}
OFFLINE = {
    "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
# What is kept of a picture's own manifests, at most: thumbnails may be among it.
MOST_ARCHIVED = 1 << 20
NO_CLAIM = {"claim_generator_info": [{"name": "Mien"}]}
# A JUMBF superbox, in which every manifest lies.
JUMBF = b"jumb"
# A file that c2pa can't read a manifest from, WebM and BMP among them.
OPAQUE = "application/octet-stream"


class SigningFailed(MienError):
    """The manifest could not be made or signed; the file is as it was."""


@dataclass(frozen=True, repr=False)
class Identity:
    """Who signs. chain: PEM, the signer's certificate first; key: its ES256 key.

    time_stamps: URL of an RFC 3161 authority, or None.
    """

    chain: str
    key: EllipticCurvePrivateKey
    time_stamps: str | None = None

    def sign(self, data: bytes) -> bytes:
        """An ES256 signature as JOSE has it: r and s side by side."""
        r, s = decode_dss_signature(self.key.sign(data, ECDSA(hashes.SHA256())))
        return r.to_bytes(P256_BYTES, "big") + s.to_bytes(P256_BYTES, "big")


@dataclass(frozen=True)
class Credentials:
    """What a file's manifest says and whether it holds.

    trusted: unchanged, and signed by somebody on the trust list; valid: unchanged, by a stranger;
    invalid: changed or damaged. mark_id and session: of a manifest of ours that holds.
    """

    state: State = "absent"
    signed_by: str | None = None
    signed_at: str | None = None
    mark_id: int | None = None
    session: str | None = None


ABSENT = Credentials()


def mime_of(head: bytes) -> str | None:
    """The type of a file that can carry a manifest, by its first 12 bytes; None for the rest."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n"):
        return "image/png"
    if head.startswith(b"GIF8"):
        return "image/gif"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"AVI ": "video/avi"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    return None


def sign(
    data: IO[bytes],
    output: IO[bytes],
    manifest: dict[str, Any],
    identity: Identity,
    inputs: Sequence[tuple[Ingredient, Path]] = (),
    archived: Sequence[bytes] = (),
) -> None:
    """Copy a file with its manifest. output: opened for writing and reading.

    inputs: what the file was made from; of those that can't carry a manifest, or can't be walked
    through, it says only that there were some. archived: further ones, as `archive` gave them.
    Raises SigningFailed; then output is no file.
    """
    mime = _mime(data)
    if mime is None:
        raise SigningFailed("Files of this kind can't carry a C2PA manifest.")
    try:
        with ExitStack() as stack:
            context = stack.enter_context(c2pa.Context.from_dict(OFFLINE))
            builder = stack.enter_context(c2pa.Builder(manifest, context=context))
            for kind, path in inputs:
                _add(builder, kind, path)
            for one in archived:
                builder.add_ingredient_from_archive(BytesIO(one))
            signer = stack.enter_context(_signer(identity))
            builder.sign(signer, mime, data, output)
    except c2pa.C2paError as error:
        raise SigningFailed(f"The C2PA manifest could not be signed: {error}") from error


def archive(picture: bytes) -> bytes:
    """What a picture's own manifests say, as a source of something made later; without the picture.

    Empty where there is none that can be kept. Whether they fit the picture is in it.
    """
    mime, output = mime_of(picture[:12]), BytesIO()
    if mime is None or JUMBF not in picture:
        return b""
    try:
        with ExitStack() as stack:
            context = stack.enter_context(c2pa.Context.from_dict(OFFLINE))
            reader = c2pa.Reader.try_create(mime, BytesIO(picture), context=context)
            if reader is None:
                return b""
            stack.enter_context(reader)
            builder = stack.enter_context(c2pa.Builder(NO_CLAIM, context=context))
            builder.add_ingredient(ingredient_of("source"), mime, BytesIO(picture))
            builder.write_ingredient_archive("source", output)
    except c2pa.C2paError:
        return b""
    kept = output.getvalue()
    return kept if len(kept) <= MOST_ARCHIVED else b""


def read(source: Path | bytes, anchors: str) -> Credentials:
    """The credentials of a file. anchors: PEM certificates of those who are trusted."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    mime = mime_of(data[:12])
    if mime is None:
        return ABSENT
    settings = {**OFFLINE, "trust": {"trust_anchors": anchors}} if anchors else OFFLINE
    try:
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create(mime, BytesIO(data), context=context)
            if reader is None:
                return ABSENT
            with reader:
                return _read(reader)
    except c2pa.C2paError:
        # Damaged beyond reading; or no manifest, in a container that c2pa can't walk through.
        return Credentials("invalid") if JUMBF in data else ABSENT


def _add(builder: Any, kind: Ingredient, path: Path) -> None:
    with path.open("rb") as file:
        try:
            builder.add_ingredient(ingredient_of(kind), _mime(file) or OPAQUE, file)
        except c2pa.C2paError:
            # What played well enough to be swapped must not cost the result its manifest.
            file.seek(0)
            builder.add_ingredient(ingredient_of(kind), OPAQUE, file)


def _signer(identity: Identity) -> Any:
    algorithm = c2pa.C2paSigningAlg.ES256
    return c2pa.Signer.from_callback(identity.sign, algorithm, identity.chain, identity.time_stamps)


def _mime(file: IO[bytes]) -> str | None:
    head = file.read(12)
    file.seek(0)
    return mime_of(head)


def _read(reader: Any) -> Credentials:
    state = STATES.get(str(reader.get_validation_state()), "invalid")
    manifest = reader.get_active_manifest() or {}
    if state == "invalid":
        return Credentials(state)
    signature = manifest.get("signature_info") or {}
    said = {one.get("label"): one.get("data") for one in manifest.get("assertions", ())}
    return Credentials(
        state,
        signature.get("common_name") or signature.get("issuer"),
        signature.get("time"),
        _mark_id(said.get(SOFT_BINDING)),
        (said.get(SESSION) or {}).get("session"),
    )


def _mark_id(binding: Any) -> int | None:
    try:
        return int.from_bytes(b64decode(binding["blocks"][0]["value"]), "big")
    except (KeyError, IndexError, TypeError, ValueError):
        return None
