"""Who had which mark, and whose face was worn under it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Keep it for as long as the marks, whatever becomes of sessions and sources."""
    op.create_table(
        "mark_uses",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mark_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("likeness_id", sa.String(40)),
        sa.Column("since", sa.Float(), nullable=False),
    )
    for column in ("mark_id", "likeness_id"):
        op.create_index(f"ix_mark_uses_{column}", "mark_uses", [column])
