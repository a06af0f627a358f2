"""Pictures of strangers become arrays: one way in, with limits, and one way out."""

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mien.errors import ImageRejected
from mien.heif import UNREADABLE, is_heif
from mien.vision.face import BgrImage

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
ORIENTATION_TAG = 0x0112
# What to do to a stored picture so that it stands upright (Exif 2.3, tag Orientation).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's plugins raise on broken bytes; fuzzing found each of them.
BROKEN = (
    *(OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, AttributeError),
    *(OverflowError, ZeroDivisionError, MemoryError, EOFError, RuntimeError),
    *(struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)


@dataclass(frozen=True)
class ImageLimits:
    """The largest picture that is taken: bytes as sent, pixels once decoded."""

    max_bytes: int = 10 << 20
    max_pixels: int = 25_000_000


# Pictures of whoever runs the command himself, from the newest cameras too. Memory is the bound.
OWN_FILES = ImageLimits(max_bytes=256 << 20, max_pixels=80_000_000)


def decode_image(data: bytes, limits: ImageLimits | None = None) -> BgrImage:
    """The picture as BGR, upright by its EXIF orientation, transparency on white.

    Takes JPEG, PNG, WebP, BMP and GIF (its first frame). The size is read from the header, so a
    small file that would unfold into gigabytes never does.
    Raises ImageRejected, with a sentence for whoever sent it.
    """
    limits = limits or ImageLimits()
    if len(data) > limits.max_bytes:
        raise ImageRejected(
            f"The picture is larger than {limits.max_bytes / 2**20:.0f} MiB", "send a smaller one."
        )
    if is_heif(data):
        raise ImageRejected(*UNREADABLE)
    with warnings.catch_warnings():
        # Pillow warns where it mends; whoever sent the picture can't read our log.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = _open(data)
        _check(picture, limits)
        try:
            rgb = _eight_bit_rgb(_upright(picture))
        except BROKEN as error:
            raise ImageRejected(
                "The picture is damaged or cut short", "save it again and send it whole."
            ) from error
    return np.ascontiguousarray(rgb[:, :, ::-1])


def read_own_image(path: Path) -> BgrImage:
    """A picture of whoever runs the command himself. Raises ImageRejected, OSError."""
    return decode_image(path.read_bytes(), OWN_FILES)


def encode_jpeg(image: BgrImage, quality: int = 90) -> bytes:
    """A BGR image as JPEG; quality 1..100."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"an image of shape {image.shape} can't be a JPEG")
    return data.tobytes()


def _open(data: bytes) -> Image.Image:
    """The picture with only its header read."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected("The picture has far too many pixels", "send a smaller one.") from error
    except BROKEN as error:
        raise ImageRejected(
            "This is not a picture that can be read", "send a JPEG, PNG, WebP, BMP or GIF."
        ) from error


def _check(picture: Image.Image, limits: ImageLimits) -> None:
    if picture.width * picture.height > limits.max_pixels:
        raise ImageRejected(
            f"The picture has {picture.width} x {picture.height} pixels, and at most "
            f"{limits.max_pixels / 1e6:.0f} megapixels are taken",
            "send a smaller one.",
        )
    if picture.format == "WEBP" and getattr(picture, "is_animated", False):
        raise ImageRejected("Animated WebP is not taken", "send a still picture, or a GIF.")


def _upright(picture: Image.Image) -> Image.Image:
    picture.load()
    try:
        orientation = picture.getexif().get(ORIENTATION_TAG, 1)
    except BROKEN:
        return picture  # The pixels are whole; a broken tag is no reason to refuse them.
    method = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return picture if method is None else picture.transpose(method)


def _eight_bit_rgb(picture: Image.Image) -> BgrImage:
    if picture.mode.startswith("I"):  # 16-bit grey: Pillow would clip it instead of scaling.
        grey = (np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture.convert("RGB"))
