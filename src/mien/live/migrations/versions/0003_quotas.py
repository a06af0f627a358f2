"""Tenants get a second secret for rotation, and quotas."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns only: SQLite does that in place, and sessions refer to the table."""
    for column in (
        sa.Column("old_digest", sa.String(64)),
        sa.Column("old_expires_at", sa.Float(), nullable=False, server_default="0"),
        sa.Column("metered", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("used_s", sa.Float(), nullable=False, server_default="0"),
        sa.Column("sessions", sa.Integer()),
        sa.Column("creates", sa.Integer()),
        sa.Column("detects", sa.Integer()),
    ):
        op.add_column("tenants", column)
