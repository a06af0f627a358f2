"""What a recording is enough for. Known and documented; were it not so any more, the
documentation would be wrong."""

import numpy as np
import pytest
from tests.trust.pictures import clip_frames

from mien.bench import attacks, marks
from mien.bench.attacks import Attack, Frames, attack_row


@pytest.fixture(scope="module")
def recordings() -> tuple[Frames, Frames]:
    """Of two sessions before the same scene."""
    frames = clip_frames("head_turns.mp4", 24)
    mine = marks._marked(frames, marks.MEGABIT)
    return mine, marks._marked(frames, marks.MEGABIT, marks.OTHER_ID)


def found(frames: Frames) -> int | None:
    return marks._look(frames).mark_id


def test_the_unmarked_clip_is_unmarked(recordings: tuple[Frames, Frames]) -> None:
    other = attacks.another_clip(recordings[0])
    assert other[0].shape == recordings[0][0].shape
    assert not marks._look(other).marked


def test_a_tile_can_be_replayed_onto_another_clip(recordings: tuple[Frames, Frames]) -> None:
    mine, _ = recordings
    forged = attacks.with_tile(mine, attacks.another_clip(mine))
    assert found(forged) == marks.MARK_ID


def test_a_tile_can_be_taken_away(recordings: tuple[Frames, Frames]) -> None:
    mine, _ = recordings
    assert found(attacks.less_tile(mine, mine)) is None


def test_another_session_s_tile_takes_it_away_too(recordings: tuple[Frames, Frames]) -> None:
    """All marks of a key share their pilots, whatever the scene."""
    mine, _ = recordings
    elsewhere = marks._marked(clip_frames("signer.mp4", 24), marks.MEGABIT, marks.OTHER_ID)
    before, after = marks._look(mine), marks._look(attacks.less_tile(mine, elsewhere))
    assert before.mark_id == marks.MARK_ID
    assert after.mark_id is None
    assert after.peak.score < before.peak.score / 2


def test_the_average_of_frames_does_not_take_it_away(recordings: tuple[Frames, Frames]) -> None:
    mine, _ = recordings
    assert found(attacks.less_average(mine)) == marks.MARK_ID


def test_two_sessions_averaged_are_still_marked(recordings: tuple[Frames, Frames]) -> None:
    both = attacks.averaged(*recordings)
    assert both[0].dtype == np.uint8
    assert np.abs(both[0].astype(int) - recordings[0][0]).max() < 12
    assert marks._look(both).marked, "the pilots are the same under every id"


def test_a_row_counts_what_was_found_and_what_it_costs(recordings: tuple[Frames, Frames]) -> None:
    mine, others = recordings
    swapped = Attack("the other one shown", lambda _, other: other)
    row = attack_row(swapped, [recordings], marks._look, (marks.MARK_ID, marks.OTHER_ID))
    assert (row.clips, row.marked, row.right_id, row.other_id) == (1, 1, 0, 1)
    assert 38 < row.worst_psnr_db < 50
    assert row.lowest_score > 7
    forged = Attack("a", lambda a, _: attacks.with_average(a, attacks.another_clip(a)), forges=True)
    row = attack_row(forged, [(mine, others)], marks._look, (marks.MARK_ID, marks.OTHER_ID))
    assert 25 < row.worst_psnr_db < 50
    assert len({one.name for one in attacks.attacks()}) == 6
