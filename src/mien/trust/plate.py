"""Text on a plate that can be read on any background: white on near-black, framed in white."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.vision.face import BgrImage

PLATE_LEVEL = 16
TEXT_LEVEL = 255
FONT = Path(__file__).parent / "fonts" / "label.ttf"
# DejaVu's capital letters are 1493 of 2048 units high.
CAPITAL = 1493 / 2048
LEAST_CAPITAL = 8


@dataclass(frozen=True, eq=False)
class Plate:
    """A rendered plate. pixels: (h, w, 3) uint8; capital: its capitals' height in pixels."""

    pixels: BgrImage
    mask: NDArray[np.uint8]
    capital: int

    def lay(self, frame: BgrImage, top: int, left: int) -> None:
        """Onto a frame, in place; what lies outside the frame is left out."""
        height, width = self.mask.shape
        place = frame[top : top + height, left : left + width]
        rows, columns = place.shape[:2]
        if place.size:
            cv2.copyTo(self.pixels[:rows, :columns], self.mask[:rows, :columns], place)


def text_width(text: str, capital: int) -> int:
    """How wide a line would be, in pixels."""
    return round(_font(capital).getlength(text))


def make_plate(lines: list[str], capital: int, width: int | None = None) -> Plate:
    """Lines of text in the middle of a plate, as wide as they need or as is said.

    capital: height of capital letters in pixels. A plate of a given width has square corners and
    no sides, to span a frame.
    """
    padding, pitch = round(capital * 0.6), round(capital * 1.7)
    height = pitch * (len(lines) - 1) + capital + 2 * padding
    spans = width is not None
    width = width or max(text_width(line, capital) for line in lines) + 2 * padding
    canvas = Image.new("L", (width, height), PLATE_LEVEL)
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        baseline = padding + capital + number * pitch
        draw.text((width / 2, baseline), line, TEXT_LEVEL, _font(capital), anchor="ms")
    mask = _frame(draw, width, height, max(1, capital // 12), 0 if spans else capital // 3)
    pixels = np.repeat(np.asarray(canvas, np.uint8)[..., None], 3, axis=2)
    return Plate(np.ascontiguousarray(pixels), mask, capital)


def _frame(
    draw: ImageDraw.ImageDraw, width: int, height: int, line: int, radius: int
) -> NDArray[np.uint8]:
    """Draw the plate's edge; what is inside it is 255 in the mask."""
    box = (0, 0, width - 1, height - 1)
    draw.rounded_rectangle(box, radius, outline=TEXT_LEVEL, width=line)
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius, fill=255)
    return np.array(mask, np.uint8)


def _font(capital: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, capital / CAPITAL)
