"""Links, challenges and clips, over a real database and a real process that reads the clip."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from tests.live.consent_clip import recorded, turning
from tests.live.desk import OTHER, TENANT, Desk, opened_desk

from mien.errors import BadCredentials, ImageRejected, NotFound, ParameterError, TooFrequent
from mien.live.consents import CHALLENGE_S, LINK_DAYS, MOST_TRIES, Consents, _digest, _plain
from mien.live.inspection_process import InspectionProcess
from mien.live.likenesses import Registration
from mien.live.person_reading import PersonReader
from mien.live.schema import ConsentRow
from mien.models.weights import WeightStore
from mien.trust.keyring import open_keyring
from mien.trust.likeness import Basis, Likeness
from mien.vision.identity import Embedding

TERMS = Registration("The woman who turns her head", Basis.SELF, adult=True)


@pytest.fixture(scope="module")
def her() -> Embedding:
    reader = PersonReader.load(WeightStore())
    frame = turning()[0]
    return reader.identity(frame, reader.finder(frame)[0].mesh)


@dataclass
class Page:
    """A desk, the consents over it, and one record with its link."""

    desk: Desk
    consents: Consents
    record: Likeness
    token: str

    async def ask_for(self, *turns: str) -> None:
        """As if these turns had been drawn."""
        await self.consents.challenge(self.token)
        invitation, _ = await self.consents.look(self.token)
        await self.consents._save(replace(invitation, turns=turns))


@pytest_asyncio.fixture
async def page(tmp_path: Path, her: Embedding) -> AsyncIterator[Page]:
    async with opened_desk(tmp_path) as desk:
        keyring = open_keyring(desk.settings.data_dir, secrets.token_bytes, desk.now)
        consents = Consents(
            *(desk.store, desk.likenesses._store, desk.likenesses),
            InspectionProcess(desk.settings, keyring),
            clock=desk.clock,
            random=secrets.token_bytes,
        )
        record = await desk.likenesses.register(TENANT.id, TERMS, her)
        yield Page(desk, consents, record, await consents.invite(TENANT.id, record.id))


async def test_who_does_as_asked_has_consented_and_can_take_it_back(
    page: Page, tmp_path: Path
) -> None:
    assert not page.record.proven
    await page.ask_for("left", "right", "left")
    clip = recorded(tmp_path / "clip.webm", turning(), 12)
    assert await page.consents.answer(page.token, clip) == ()
    record = await page.desk.likenesses.get(TENANT.id, page.record.id)
    assert record.proven
    assert record.verifier == "consent page"
    assert page.desk.likenesses.is_genuine(record)
    assert await page.desk.likenesses.evidence(TENANT.id, record.id) == clip
    with pytest.raises(ParameterError, match="given"):
        await page.consents.challenge(page.token)

    await page.consents.withdraw(page.token)
    await page.consents.withdraw(page.token)
    record = await page.desk.likenesses.get(TENANT.id, page.record.id)
    assert record.revoked_at == page.desk.now
    with pytest.raises(ParameterError, match="withdrawn"):
        await page.consents.challenge(page.token)


async def test_other_turns_are_no_consent_and_a_clip_answers_one_challenge(
    page: Page, tmp_path: Path
) -> None:
    await page.ask_for("right", "left", "right")
    clip = recorded(tmp_path / "clip.webm", turning()[::2], 6)
    assert await page.consents.answer(page.token, clip) == ("The head was not turned as asked.",)
    assert not (await page.desk.likenesses.get(TENANT.id, page.record.id)).proven
    with pytest.raises(ParameterError, match="too old"):
        await page.consents.answer(page.token, clip)


async def test_what_is_no_clip_is_refused(page: Page) -> None:
    await page.ask_for("left", "right", "left")
    with pytest.raises(ImageRejected):
        await page.consents.answer(page.token, b"nothing")
    assert not (await page.desk.likenesses.get(TENANT.id, page.record.id)).proven


async def test_a_challenge_must_be_answered_at_once(page: Page) -> None:
    with pytest.raises(ParameterError, match="too old"):
        await page.consents.answer(page.token, b"a clip")
    await page.consents.challenge(page.token)
    page.desk.now += CHALLENGE_S + 1
    with pytest.raises(ParameterError, match="too old"):
        await page.consents.answer(page.token, b"a clip")


async def test_a_link_runs_out_and_has_so_many_tries(page: Page) -> None:
    for _ in range(MOST_TRIES):
        await page.consents.challenge(page.token)
        invitation, _ = await page.consents.look(page.token)
        await page.consents._save(replace(invitation, asked_at=None))
    with pytest.raises(TooFrequent):
        await page.consents.challenge(page.token)
    other = await page.consents.invite(TENANT.id, page.record.id)
    page.desk.now += LINK_DAYS * 86_400 + 1
    with pytest.raises(ParameterError, match="run out"):
        await page.consents.challenge(other)
    # Taking consent back works for as long as the record is kept.
    await page.consents.withdraw(other)


async def test_challenges_differ_and_tokens_are_kept_as_digests(page: Page) -> None:
    drawn = {await page.consents.challenge(page.token) for _ in range(6)}
    assert len(drawn) > 1
    rows = await page.desk.store.read(lambda db: [_plain(r) for r in db.query(ConsentRow)])
    assert [row.digest for row in rows if row] == [_digest(page.token)]
    database = b"".join(p.read_bytes() for p in page.desk.settings.data_dir.glob("mien.sqlite3*"))
    assert page.token.encode() not in database


@pytest.mark.parametrize("token", ["", "wrong", "é" * 9, "\ud800"])
async def test_links_that_are_none_of_ours(page: Page, token: str) -> None:
    for call in (page.consents.look, page.consents.challenge, page.consents.withdraw):
        with pytest.raises(BadCredentials):
            await call(token)


async def test_only_the_account_itself_invites(page: Page) -> None:
    with pytest.raises(NotFound):
        await page.consents.invite(OTHER.id, page.record.id)
    assert len(await page.consents.listed(page.record.id)) == 1


async def test_a_link_of_an_erased_record_is_forgotten(page: Page) -> None:
    await page.desk.likenesses.erase(TENANT.id, page.record.id)
    with pytest.raises(BadCredentials):
        await page.consents.look(page.token)
