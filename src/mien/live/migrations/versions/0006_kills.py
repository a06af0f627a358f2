"""What the operator has stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of the kill switch."""
    op.create_table(
        "kills",
        sa.Column("scope", sa.String(16), primary_key=True),
        sa.Column("target", sa.String(64), primary_key=True),
        sa.Column("since", sa.Float(), nullable=False),
    )
