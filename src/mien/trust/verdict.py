"""What a check of a file says, to a machine and to people."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mien.trust.credentials import ABSENT, Credentials, State
from mien.trust.detector import FALSE_POSITIVE_RATE, Finding
from mien.trust.registry import Statement, mark_name

CREDENTIALS: dict[State, str] = {
    "trusted": "Its C2PA manifest holds and is signed by {by}, who is trusted here.",
    "valid": "Its C2PA manifest holds, but this installation does not know who signed it: {by}.",
    "invalid": "Its C2PA manifest does not fit the file: one of them was changed.",
    "absent": "It carries no C2PA manifest.",
}


UNBOUND = (
    "That the picture was made there, the mark alone does not prove: it can be copied from a "
    "recording of that session onto another picture. Compare what is seen with when and where."
)


@dataclass(frozen=True)
class Verdict:
    """A finding, what the registry knows of its mark, and what its C2PA manifest says."""

    finding: Finding
    statement: Statement | None = None
    credentials: Credentials = ABSENT

    @property
    def bound(self) -> bool:
        """Whether somebody who is trusted has signed this very file as the mark's session's.

        A mark alone can be copied onto another picture, and a stranger may sign anything.
        """
        known = self.finding.mark_id is not None and self.credentials.state == "trusted"
        return known and self.credentials.mark_id == self.finding.mark_id

    def as_json(self) -> dict[str, Any]:
        """The documented fields; no personal data is among them."""
        mark_id = self.finding.mark_id
        return {
            "marked": self.finding.marked,
            "confidence": round(self.finding.confidence, 9),
            "mark_id": None if mark_id is None else mark_name(mark_id),
            "c2pa": self.credentials.state,
            "bound": self.bound,
            "manifest": manifest_json(self.credentials),
            "false_positive_rate": FALSE_POSITIVE_RATE,
            "frames": self.finding.frames,
            "statement": None if self.statement is None else statement_json(self.statement),
        }

    def as_text(self) -> str:
        """The same in sentences."""
        by = self.credentials.signed_by or "somebody"
        return f"{self._mark_text()}\n{CREDENTIALS[self.credentials.state].format(by=by)}"

    def _mark_text(self) -> str:
        finding = self.finding
        if not finding.marked:
            return (
                f"Not marked, as far as can be seen in {_frames(finding.frames)}. That is no proof "
                "that the picture is genuine: marks can be removed, and other programs make none."
            )
        lines = [
            f"It carries a mark of this installation. An unmarked file is taken for marked less "
            f"than once in {1 / FALSE_POSITIVE_RATE:,.0f} tries.",
            self._whose(),
        ]
        if not self.bound:
            lines.append(UNBOUND)
        if self.credentials.mark_id not in (None, finding.mark_id) and finding.mark_id is not None:
            lines.append("Mark and manifest name different sessions: one was put there later.")
        return "\n".join(lines)

    def _whose(self) -> str:
        mark_id = self.finding.mark_id
        if mark_id is None:
            return "The mark is too weak to say which; a longer piece of the video may tell."
        name = mark_name(mark_id)
        if self.statement is None:
            return f"Mark {name}: this registry has no statement about it."
        made_at = datetime.fromtimestamp(self.statement.made_at, UTC)
        how = "in a live session" if self.statement.made == "live" else "from a file"
        return (
            f"Mark {name}: made {how} on {made_at:%Y-%m-%d at %H:%M:%S} UTC "
            f"by mien {self.statement.engine_version}, session {self.statement.session}."
        )


def manifest_json(credentials: Credentials) -> dict[str, Any] | None:
    """What a manifest that holds says; None where there is none."""
    if credentials.state not in ("trusted", "valid"):
        return None
    mark_id = credentials.mark_id
    return {
        "signed_by": credentials.signed_by,
        "signed_at": credentials.signed_at,
        "mark_id": None if mark_id is None else mark_name(mark_id),
        "session": credentials.session,
    }


def statement_json(statement: Statement) -> dict[str, Any]:
    """A statement as JSON; made_at in ISO 8601."""
    return {
        "session": statement.session,
        "made": statement.made,
        "made_at": datetime.fromtimestamp(statement.made_at, UTC).isoformat(timespec="seconds"),
        "engine_version": statement.engine_version,
    }


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
