"""What is publicly said of each mark."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the registry's table."""
    op.create_table(
        "marks",
        sa.Column("mark_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("made", sa.String(8), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("engine_version", sa.String(40), nullable=False),
    )
    op.create_index("ix_marks_session", "marks", ["session"])
