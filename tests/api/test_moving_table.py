"""The moving page says of every documented field and code what Mien does."""

import re
from pathlib import Path

import pytest

from mien.api.detect import FirstAnswer, FirstBody, FrameFaces, NewerAnswer, NewerBody
from mien.api.sessions import CreateBody, SessionBody, SessionData
from mien.errors import ANSWERS

PAGE = (Path(__file__).parents[2] / "docs" / "moving.md").read_text()
TABLE = PAGE.split("## Every documented field and code")[1].split("\n## ")[0]
ROWS = [line for line in TABLE.splitlines() if line.startswith("|")]
NAMED = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", TABLE))))

DOCUMENTED = {
    "sourceImage", "path", "opts", "face_enhance", "faceswap_quality", "stream_type", "_id",
    "clientId", "clientSecret", "token", "expire", "credit", "faceswap_status", "front_user_id",
    "algorithm_user_id", "front_rtc_token", "channel_id", "app_id", "code", "msg", "data",
    "image_url", "img", "single_face", "url", "return_face_url", "num_frames", "error_code",
    "error_msg", "landmarks", "landmarks_str", "region", "seconds", "trx_id", "faces_obj",
    "removed", "frame_time", "face_urls", "crop_region", "crop_landmarks",
}  # fmt: skip
CODES = {1000, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1016, 1101, 1102, 1104, 1200, 1215}


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_field_has_its_row(name: str) -> None:
    assert name in NAMED


def test_every_code_has_its_row_and_no_other_is_sent() -> None:
    told = {
        int(code)
        for row in ROWS
        for code in re.findall(r"^\| ([\d, ]+) \|", row)[0:1]
        if code
        for code in code.split(", ")
    }
    assert told == CODES
    assert {answer.code for answer in ANSWERS.values()} <= CODES


def test_what_the_models_of_detect_have_is_documented() -> None:
    models = (FirstBody, NewerBody, FirstAnswer, NewerAnswer, FrameFaces)
    assert {name for model in models for name in model.model_fields} <= DOCUMENTED


def test_what_is_documented_of_sessions_is_in_the_models() -> None:
    fields = {
        field.alias or field.serialization_alias or name
        for model in (CreateBody, SessionBody, SessionData)
        for name, field in model.model_fields.items()
    }
    assert {
        "sourceImage", "face_enhance", "faceswap_quality", "stream_type", "_id",
        "faceswap_status", "front_user_id", "algorithm_user_id", "front_rtc_token", "channel_id",
        "app_id",
    } <= fields  # fmt: skip
