"""The tables, as SQLAlchemy models. Alembic's migrations make them; these must agree."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class TenantRow(Base):
    """Who may call, and how much. Secrets are kept as peppered digests only."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(255), unique=True)
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    blocked: Mapped[bool] = mapped_column(Boolean)
    credit: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Float)
    old_digest: Mapped[str | None] = mapped_column(String(64))
    old_expires_at: Mapped[float] = mapped_column(Float, server_default="0")
    metered: Mapped[bool] = mapped_column(Boolean, server_default=false())
    used_s: Mapped[float] = mapped_column(Float, server_default="0")
    sessions: Mapped[int | None] = mapped_column(Integer)
    creates: Mapped[int | None] = mapped_column(Integer)
    detects: Mapped[int | None] = mapped_column(Integer)


class SourceRow(Base):
    """A prepared source face. Listed ones were uploaded; the others live with their session."""

    __tablename__ = "sources"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    created_at: Mapped[float] = mapped_column(Float)
    listed: Mapped[bool] = mapped_column(Boolean)
    path: Mapped[str] = mapped_column(String(4096))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    faces: Mapped[int] = mapped_column(Integer)
    landmarks: Mapped[Any] = mapped_column(JSON)
    region: Mapped[Any] = mapped_column(JSON)
    notes: Mapped[Any] = mapped_column(JSON)
    preview: Mapped[bytes] = mapped_column(LargeBinary)
    likeness_id: Mapped[str | None] = mapped_column(String(40), index=True)
    identity: Mapped[bytes | None] = mapped_column(LargeBinary)
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary)


class CastMemberRow(Base):
    """One of the faces of a cast, which is a source itself."""

    __tablename__ = "cast_members"

    cast_id: Mapped[str] = mapped_column(
        ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True
    )
    source_id: Mapped[str] = mapped_column(
        ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SessionRow(Base):
    """One session; state and reason as in `session.py`."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    channel_id: Mapped[str] = mapped_column(String(32), unique=True)
    source_id: Mapped[str] = mapped_column(String(40), index=True)
    quality: Mapped[int] = mapped_column(Integer)
    front_uid: Mapped[int] = mapped_column(Integer)
    algorithm_uid: Mapped[int] = mapped_column(Integer)
    token_issued_at: Mapped[int] = mapped_column(Integer)
    token_expire_s: Mapped[int] = mapped_column(Integer)
    token_salt: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Float)
    state: Mapped[int] = mapped_column(Integer, index=True)
    reason: Mapped[str | None] = mapped_column(String(40))
    stream_type: Mapped[str] = mapped_column(String(16), server_default="webrtc")
    record: Mapped[bool] = mapped_column(Boolean, server_default=false())
    shape: Mapped[float | None] = mapped_column(Float)


class KillRow(Base):
    """What the operator has stopped, until it is revived; target is empty for all.

    face: a killed likeness's embedding, sealed.
    """

    __tablename__ = "kills"

    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[float] = mapped_column(Float)
    face: Mapped[bytes | None] = mapped_column(LargeBinary)


class MarkRow(Base):
    """The public statement about one mark; kept for as long as marked pictures may be about."""

    __tablename__ = "marks"

    mark_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    session: Mapped[str] = mapped_column(String(32), index=True)
    made: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[float] = mapped_column(Float)
    engine_version: Mapped[str] = mapped_column(String(40))


class MarkUseRow(Base):
    """Who had a mark, and whose face was worn under it; outlives session, source and record."""

    __tablename__ = "mark_uses"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    mark_id: Mapped[int] = mapped_column(BigInteger, index=True)
    session_id: Mapped[str] = mapped_column(String(24))
    tenant_id: Mapped[str] = mapped_column(String(32))
    likeness_id: Mapped[str | None] = mapped_column(String(40), index=True)
    since: Mapped[float] = mapped_column(Float)


class RecordingInputRow(Base):
    """What a face's pictures say by C2PA, sealed as in its source; gone when it is signed."""

    __tablename__ = "recording_inputs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    mark_id: Mapped[int] = mapped_column(BigInteger, index=True)
    source_id: Mapped[str] = mapped_column(String(40))
    credentials: Mapped[bytes] = mapped_column(LargeBinary)


class LikenessRow(Base):
    """A likeness record, as in `trust/likeness.py`. subject and embedding are sealed."""

    __tablename__ = "likenesses"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary)
    basis: Mapped[str] = mapped_column(String(20))
    scope: Mapped[Any] = mapped_column(JSON)
    adult: Mapped[bool] = mapped_column(Boolean)
    valid_from: Mapped[float] = mapped_column(Float)
    valid_until: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[float] = mapped_column(Float)
    evidence: Mapped[str | None] = mapped_column(String(64))
    verifier: Mapped[str | None] = mapped_column(String(80))
    revoked_at: Mapped[float | None] = mapped_column(Float)
    signature: Mapped[str] = mapped_column(String(100))
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)


class ConsentRow(Base):
    """An invitation to consent, under a digest of the token in its link."""

    __tablename__ = "consents"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    likeness_id: Mapped[str] = mapped_column(ForeignKey("likenesses.id"), index=True)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float] = mapped_column(Float)
    tries: Mapped[int] = mapped_column(Integer)
    phrase: Mapped[Any] = mapped_column(JSON)
    turns: Mapped[Any] = mapped_column(JSON)
    asked_at: Mapped[float | None] = mapped_column(Float)
    given_at: Mapped[float | None] = mapped_column(Float)


class BlockedFaceRow(Base):
    """A face that nobody may wear here. embedding is sealed."""

    __tablename__ = "blocked_faces"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[float] = mapped_column(Float)


class RecordingRow(Base):
    """What was recorded of a session on one station; the file lies in the data directory."""

    __tablename__ = "recordings"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(24), index=True)
    mark_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float] = mapped_column(Float, index=True)
    ready: Mapped[bool] = mapped_column(Boolean)
    bytes: Mapped[int] = mapped_column(BigInteger)
