import cv2
import numpy as np
import pytest
from tests.evaluation.readings import face_of, reading

from mien.evaluation.appearance import sharpness_ratio, tone_delta

SKIN, NECK = (120, 150, 200), (110, 140, 190)


def test_the_same_picture_has_no_step_of_its_own() -> None:
    target = face_of(SKIN, NECK)
    assert tone_delta(target, target, reading()) == 0


def test_a_brighter_face_differs_by_as_much_as_lab_says() -> None:
    target, result = face_of((100, 100, 100), NECK), face_of((124, 124, 124), NECK)
    # Greys of 100 and 124 lie 9.5 apart in L*; the soft edge of the oval takes a little.
    assert tone_delta(target, result, reading()) == pytest.approx(9.5, abs=0.7)


def test_a_light_that_changes_for_face_and_neck_alike_is_no_fault() -> None:
    target = face_of((100, 100, 100), (60, 60, 60))
    result = face_of((124, 124, 124), (80, 80, 80))
    assert tone_delta(target, result, reading()) < 2


def test_sharpness_against_the_target() -> None:
    noise = np.random.default_rng(0).normal(0, 8, (300, 300, 3))
    target = (face_of(SKIN, NECK) + noise).clip(0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(target, (0, 0), 2), np.uint8)
    assert sharpness_ratio(target, target, reading()) == 1
    assert sharpness_ratio(target, soft, reading()) < 0.3
    assert sharpness_ratio(soft, target, reading()) > 3


def test_a_face_beyond_the_picture_is_no_error() -> None:
    target = face_of(SKIN, NECK)
    away = reading(shift=(1000, 1000))
    assert tone_delta(target, target, away) == 0
    assert sharpness_ratio(target, target, away) == 1
