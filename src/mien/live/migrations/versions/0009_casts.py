"""Several faces may be worn at once, and the shape of a session's faces may be set."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Say which faces belong to a cast, and how far a session takes their shape."""
    op.create_table(
        "cast_members",
        sa.Column("cast_id", sa.String(40), _to_source(), primary_key=True),
        sa.Column("source_id", sa.String(40), _to_source(), primary_key=True),
    )
    op.create_index("ix_cast_members_source_id", "cast_members", ["source_id"])
    op.add_column("sessions", sa.Column("shape", sa.Float(), nullable=True))


def _to_source() -> sa.ForeignKey:
    return sa.ForeignKey("sources.id", ondelete="CASCADE")
