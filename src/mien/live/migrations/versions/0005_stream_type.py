"""Sessions remember the network that they go over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; SQLite does that in place."""
    op.add_column(
        "sessions",
        sa.Column("stream_type", sa.String(16), nullable=False, server_default="webrtc"),
    )
