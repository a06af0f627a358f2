"""Whose faces may be worn, who was asked for consent, and whose faces nobody may wear."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables, and tell of each source under which record it is used."""
    op.create_table(
        "likenesses",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("tenant_id", sa.String(32), sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.String(20), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("adult", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Float(), nullable=False),
        sa.Column("valid_until", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(64), nullable=True),
        sa.Column("verifier", sa.String(80), nullable=True),
        sa.Column("revoked_at", sa.Float(), nullable=True),
        sa.Column("signature", sa.String(100), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_likenesses_tenant_id", "likenesses", ["tenant_id"])
    op.create_table(
        "consents",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("likeness_id", sa.String(40), sa.ForeignKey("likenesses.id"), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("phrase", sa.JSON(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=True),
        sa.Column("given_at", sa.Float(), nullable=True),
    )
    op.create_index("ix_consents_likeness_id", "consents", ["likeness_id"])
    op.create_table(
        "blocked_faces",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
    )
    op.add_column("sources", sa.Column("likeness_id", sa.String(40), nullable=True))
    op.add_column("sources", sa.Column("identity", sa.LargeBinary(), nullable=True))
    op.create_index("ix_sources_likeness_id", "sources", ["likeness_id"])
