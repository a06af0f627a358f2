"""What input pictures' own C2PA manifests say, until the recording that shows them is signed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Keep it with each source, and for a recording under its mark."""
    op.add_column("sources", sa.Column("credentials", sa.LargeBinary()))
    op.create_table(
        "recording_inputs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mark_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.String(40), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_recording_inputs_mark_id", "recording_inputs", ["mark_id"])
