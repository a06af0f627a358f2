"""HEIC and AVIF: pictures in a video's clothes, which nothing here reads; phones make them."""

# ISO/IEC 23008-12, annex B; AV1 Image File Format, section 5.
BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
UNREADABLE = "HEIC and AVIF pictures are not read", "save or export it as JPEG or PNG."


def is_heif(head: bytes) -> bool:
    """Whether a file is one of them, by its first 12 bytes."""
    return head[4:8] == b"ftyp" and head[8:12] in BRANDS
