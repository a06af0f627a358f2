"""A killed likeness keeps its face."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A face that is registered anew is stopped too."""
    op.add_column("kills", sa.Column("face", sa.LargeBinary()))
