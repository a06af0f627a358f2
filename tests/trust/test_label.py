"""The visible label: size, place, contrast on every background, languages, and when it is there."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tests.trust.pictures import photo

from mien.bench.distortions import encoded
from mien.errors import ParameterError
from mien.trust.label import CARD_SECONDS, Label
from mien.trust.plate import FONT
from mien.trust.wording import WORDINGS, wording_of
from mien.vision.face import BgrImage

SIZES = [(144, 176), (144, 256), (256, 144), (480, 640), (720, 1280), (1080, 1920)]
BACKGROUNDS = ["black", "white", "grey", "noise", "photo"]
LATER = CARD_SECONDS + 1


def background(name: str, size: tuple[int, int]) -> BgrImage:
    if name == "noise":
        return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    if name == "photo":
        return np.asarray(cv2.resize(photo(), size[::-1]), np.uint8)
    level = {"black": 0, "white": 255, "grey": 128}[name]
    return np.full((*size, 3), level, np.uint8)


def labelled(frame: BgrImage, seconds: float = LATER, language: str = "en") -> BgrImage:
    result = frame.copy()
    Label(wording_of(language)).draw(result, seconds)
    return result


def where_drawn(
    size: tuple[int, int], seconds: float = LATER, language: str = "en"
) -> NDArray[np.bool_]:
    """Pixels that are the label's on black and on white alike."""
    on_black = labelled(background("black", size), seconds, language)
    on_white = labelled(background("white", size), seconds, language)
    return np.asarray((on_black == on_white).all(axis=2))


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def luminance(level: float) -> float:
    """Relative luminance of a grey level, by WCAG 2.2."""
    value = level / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one: float, other: float) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_measure_is_the_published_one() -> None:
    assert contrast(0, 255) == pytest.approx(21)
    # The grey that is known as the lightest to pass 4.5 on white.
    assert contrast(0x76, 255) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("size", SIZES)
def test_the_badge_stands_at_the_top_right_and_is_large_enough(size: tuple[int, int]) -> None:
    top, bottom, left, right = box_of(where_drawn(size))
    short = min(size)
    assert bottom - top >= 0.05 * short
    assert top <= 0.03 * short
    assert size[1] - right <= 0.03 * short
    assert left > size[1] * 0.4
    assert bottom < size[0] * 0.2


@pytest.mark.parametrize("size", SIZES)
def test_its_letters_are_a_twentieth_of_the_short_side_high(size: tuple[int, int]) -> None:
    top, bottom, left, right = box_of(where_drawn(size))
    plate = labelled(background("grey", size))[top:bottom, left:right, 0]
    # Within the frame line that runs around the plate.
    edge = max(2, (bottom - top) // 10)
    letters = (plate[edge:-edge, edge * 2 : -edge * 2] > 128).any(axis=1)
    assert letters.sum() >= max(8, math.ceil(0.05 * min(size))) - 1


@pytest.mark.parametrize("name", BACKGROUNDS)
@pytest.mark.parametrize("size", SIZES)
def test_text_contrasts_with_its_plate_and_the_plate_with_what_is_around(
    name: str, size: tuple[int, int]
) -> None:
    frame = labelled(background(name, size))
    top, bottom, left, right = box_of(where_drawn(size))
    plate = frame[top:bottom, left:right, 1].astype(float)
    text, ground = np.percentile(plate, 99), np.median(plate)
    assert contrast(text, ground) >= 7
    # Either the plate or its white edge stands out from any one grey.
    around = float(background(name, size)[top:bottom, left:right, 1].mean())
    assert max(contrast(around, ground), contrast(around, 255)) >= 3


@pytest.mark.parametrize("size", [(144, 256), (480, 640)])
def test_it_is_still_read_after_a_hard_encoder(size: tuple[int, int]) -> None:
    clean = labelled(background("photo", size))
    top, bottom, left, right = box_of(where_drawn(size))
    coded = encoded([clean] * 10, "libvpx", 150_000)[-1]
    plates = [frame[top:bottom, left:right, 1].astype(float) for frame in (clean, coded)]
    assert np.corrcoef(plates[0].ravel(), plates[1].ravel())[0, 1] > 0.9
    assert contrast(np.percentile(plates[1], 97), float(np.median(plates[1]))) >= 4.5


def test_the_badge_says_what_it_should() -> None:
    top, bottom, left, right = box_of(where_drawn((1080, 1920), language="de"))
    plate = labelled(background("grey", (1080, 1920)), language="de")[top:bottom, left:right, 0]
    canvas = Image.new("L", plate.shape[::-1], 16)
    font = ImageFont.truetype(FONT, 54 / (1493 / 2048))
    draw = ImageDraw.Draw(canvas)
    draw.text((plate.shape[1] / 2, plate.shape[0] / 2), "KI-VERÄNDERT", 255, font, anchor="mm")
    wanted = np.asarray(canvas, np.float32)[:, 30:-30]
    scores = cv2.matchTemplate(
        np.pad(plate.astype(np.float32), ((12, 12), (0, 0)), constant_values=16),
        wanted,
        cv2.TM_CCOEFF_NORMED,
    )
    assert scores.max() > 0.85


def test_the_card_lasts_two_seconds_at_least() -> None:
    size = (480, 640)
    card = where_drawn(size, 0.0)
    assert np.array_equal(where_drawn(size, 2.0), card)
    assert card.sum() > 2 * where_drawn(size).sum()
    assert card[384].all(), "the card spans the frame"
    assert not where_drawn(size, CARD_SECONDS)[384].any()


@pytest.mark.parametrize("size", SIZES)
def test_the_card_leaves_most_of_the_picture(size: tuple[int, int]) -> None:
    assert where_drawn(size, 0.0).mean() < 0.45


@pytest.mark.parametrize("language", WORDINGS)
def test_every_language_can_be_written(language: str) -> None:
    wording = wording_of(language)
    font = ImageFont.truetype(FONT, 40)
    missing = font.getmask("\uffff").getbbox(), bytes(font.getmask("\uffff"))
    for letter in set(wording.badge + wording.card + wording.short) - {" "}:
        mask = font.getmask(letter)
        assert (mask.getbbox(), bytes(mask)) != missing, letter


def test_where_the_badge_has_no_room_it_is_short() -> None:
    narrow, wide = (where_drawn(size, language="es") for size in ((640, 176), (176, 640)))
    assert narrow.sum() < wide.sum() / 2


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ParameterError, match="use one of en, de"):
        wording_of("xx")


@pytest.mark.parametrize("size", [(1, 1), (8, 300), (300, 8), (20, 20)])
def test_the_smallest_frames_do_not_fail(size: tuple[int, int]) -> None:
    frame = background("grey", size)
    Label(wording_of("en")).draw(frame, 0.0)
    assert frame.shape == (*size, 3)


def test_one_label_follows_a_stream_that_changes_its_size() -> None:
    label = Label(wording_of("en"))
    for size in ((480, 640), (144, 256), (480, 640)):
        frame = background("grey", size)
        label.draw(frame, LATER)
        assert np.array_equal(frame, labelled(background("grey", size)))
