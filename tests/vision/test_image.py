import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.errors import ImageRejected
from mien.vision.image import ImageLimits, decode_image, encode_jpeg, read_own_image

MEDIA = Path(__file__).parent.parent / "media"


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def quadrants() -> Image.Image:
    """Red, green, blue and white, from the upper left in reading order; 40 x 20."""
    picture = Image.new("RGB", (40, 20), (255, 0, 0))
    picture.paste((0, 255, 0), (20, 0, 40, 10))
    picture.paste((0, 0, 255), (0, 10, 20, 20))
    picture.paste((255, 255, 255), (20, 10, 40, 20))
    return picture


def png(width: int, height: int, body: bytes = b"\0" * 100) -> bytes:
    """A PNG whose header promises any size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(body)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_every_kind_comes_out_as_bgr(kind: str) -> None:
    image = decode_image(saved(quadrants(), kind))
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    corners = [image[3, 5], image[3, 35], image[16, 5], image[16, 35]]
    expected = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255)]
    np.testing.assert_allclose(corners, expected, atol=14)


def test_real_pictures() -> None:
    assert decode_image((MEDIA / "grace_hopper.jpg").read_bytes()).shape == (600, 512, 3)
    astronaut = decode_image((MEDIA / "astronaut.png").read_bytes())
    np.testing.assert_array_equal(astronaut, cv2.imread(str(MEDIA / "astronaut.png")))


# Where the red corner (stored at the upper left) is to be shown, for each EXIF orientation.
SHOWN = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}


@pytest.mark.parametrize("orientation", list(SHOWN))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode_image(saved(quadrants(), "JPEG", exif=exif, quality=95))
    assert image.shape == ((20, 40, 3) if orientation < 5 else (40, 20, 3))
    row, column = SHOWN[orientation]
    seen = image[[4, -5][row], [4, -5][column]]
    np.testing.assert_allclose(seen, (0, 0, 255), atol=20)


def test_a_broken_exif_block_does_not_spoil_a_picture() -> None:
    data = saved(quadrants(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode_image(data).shape == (20, 40, 3)


@pytest.mark.parametrize(
    ("picture", "kind", "expected"),
    [
        (Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (4, 4), (255, 0, 0, 128)), "PNG", (127, 127, 255)),
        (Image.new("LA", (4, 4), (0, 0)), "PNG", (255, 255, 255)),
        (Image.new("L", (4, 4), 77), "PNG", (77, 77, 77)),
        (Image.new("L", (4, 4), 77), "JPEG", (77, 77, 77)),
        (Image.new("1", (4, 4), 1), "PNG", (255, 255, 255)),
        (Image.new("P", (4, 4), 0), "PNG", (0, 0, 0)),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", (0, 0, 254)),
        (Image.fromarray(np.full((4, 4), 40_000, np.uint16)), "PNG", (156, 156, 156)),
    ],
)
def test_unusual_pixels(picture: Image.Image, kind: str, expected: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(decode_image(saved(picture, kind))[1, 1], expected, atol=3)


def test_a_gif_gives_its_first_frame() -> None:
    rest = [Image.new("RGB", (8, 8), "blue")]
    data = saved(Image.new("RGB", (8, 8), "red"), "GIF", save_all=True, append_images=rest)
    assert decode_image(data)[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a picture"),
        (b"<html>no picture</html>", "not a picture"),
        (saved(quadrants(), "TIFF"), "not a picture"),
        (b"\xff\xd8\xff", "not a picture"),
        (png(0, 10), "not a picture"),
        (png(5100, 5000), "5100 x 5000 .* send a smaller one"),
        (png(30_000, 30_000), "too many pixels"),
        (png(2**31 - 1, 2**31 - 1), "too many pixels"),
        (png(300, 300), "cut short"),
        ((MEDIA / "grace_hopper.jpg").read_bytes()[:30_000], "cut short"),
        (b"\0" * (10 << 20) + b"\0", "larger than 10 MiB; send a smaller one"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC .* export it as JPEG"),
        (saved(quadrants(), "AVIF"), "AVIF .* export it as JPEG"),
        (
            saved(quadrants(), "WEBP", save_all=True, append_images=[Image.new("RGB", (40, 20))]),
            "Animated WebP",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused_and_why(data: bytes, says: str) -> None:
    with pytest.raises(ImageRejected, match=says):
        decode_image(data)


def test_limits_are_the_callers() -> None:
    data = saved(quadrants(), "PNG")
    assert decode_image(data, ImageLimits(max_pixels=800)).shape == (20, 40, 3)
    with pytest.raises(ImageRejected):
        decode_image(data, ImageLimits(max_pixels=799))
    with pytest.raises(ImageRejected):
        decode_image(data, ImageLimits(max_bytes=len(data) - 1))


def test_whoever_runs_the_command_may_have_a_large_camera(tmp_path: Path) -> None:
    """48 megapixels, as telephones take them, and more bytes than strangers may send."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(saved(Image.new("1", (8000, 6000), 1), "PNG") + bytes(11 << 20))
    assert read_own_image(photo).shape == (6000, 8000, 3)


def test_encoding_keeps_colours() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    image[:] = (200, 100, 30)
    np.testing.assert_allclose(decode_image(encode_jpeg(image))[8, 8], (200, 100, 30), atol=4)


def small(kind: str) -> bytes:
    picture = Image.open(MEDIA / "astronaut.png").resize((48, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    return (
        saved(picture, kind, exif=exif) if kind in ("JPEG", "PNG", "WEBP") else saved(picture, kind)
    )


SEEDS = [small(kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF")] + [
    saved(Image.new("CMYK", (20, 20)), "JPEG", progressive=True),
    saved(Image.new("P", (20, 20)), "PNG", transparency=0),
    saved(Image.new("RGBA", (20, 20), (1, 2, 3, 4)), "WEBP", lossless=True),
    saved(Image.new("1", (20, 20)), "BMP"),
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    cut=st.one_of(st.just(1.0), st.floats(0, 1)),
    early=st.booleans(),
)
def test_mutated_files_give_an_image_or_a_refusal(
    seed: bytes, changes: list[tuple[float, int]], cut: float, early: bool
) -> None:
    data = bytearray(seed)
    for place, value in changes:
        reach = min(len(data), 80) if early else len(data)
        data[min(int(place * reach), len(data) - 1)] = value
    try:
        image = decode_image(bytes(data[: int(cut * len(data))]), ImageLimits(max_pixels=10**6))
    except ImageRejected:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.size


@given(st.binary(max_size=300))
def test_noise_is_never_more_than_refused(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff\xe0", b"RIFF"):
        try:
            decode_image(start + data, ImageLimits(max_pixels=10**6))
        except ImageRejected:
            continue
