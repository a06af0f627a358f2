"""What a file is, by its first bytes; nothing is decoded here."""

from enum import StrEnum


class MediaKind(StrEnum):
    """One picture, or several."""

    STILL = "still"
    MOVING = "moving"


# Offset, bytes, kind.
SIGNATURES: tuple[tuple[int, bytes, MediaKind], ...] = (
    (0, b"\xff\xd8\xff", MediaKind.STILL),
    (0, b"\x89PNG\r\n\x1a\n", MediaKind.STILL),
    (0, b"BM", MediaKind.STILL),
    (8, b"WEBP", MediaKind.STILL),
    (0, b"GIF8", MediaKind.MOVING),
    (4, b"ftyp", MediaKind.MOVING),
    (4, b"moov", MediaKind.MOVING),
    (4, b"mdat", MediaKind.MOVING),
    (4, b"wide", MediaKind.MOVING),
    (8, b"AVI ", MediaKind.MOVING),
    (0, b"\x1a\x45\xdf\xa3", MediaKind.MOVING),
)


def media_kind(data: bytes) -> MediaKind | None:
    """JPEG, PNG, BMP, WebP are still; GIF, MP4, MOV, AVI, WebM moving; None for the rest."""
    for offset, magic, kind in SIGNATURES:
        if data[offset : offset + len(magic)] == magic:
            return kind
    return None
