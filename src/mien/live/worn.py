"""What each session wears, as a part of queries: its source and, of a cast, the faces in it."""

from sqlalchemy import Subquery, select

from mien.live.schema import CastMemberRow, SessionRow


def worn_sources() -> Subquery:
    """Pairs session_id, source_id."""
    own = select(SessionRow.id.label("session_id"), SessionRow.source_id.label("source_id"))
    faces = select(SessionRow.id, CastMemberRow.source_id).join(
        CastMemberRow, CastMemberRow.cast_id == SessionRow.source_id
    )
    return own.union_all(faces).subquery("worn")
