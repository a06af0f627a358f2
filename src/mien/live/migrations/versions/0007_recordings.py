"""Sessions may be recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Say which sessions are recorded, and keep where their recordings stand."""
    op.add_column(
        "sessions",
        sa.Column("record", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("tenant_id", sa.String(32), sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("session_id", sa.String(24), nullable=False),
        sa.Column("mark_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    for column in ("tenant_id", "session_id", "expires_at"):
        op.create_index(f"ix_recordings_{column}", "recordings", [column])
