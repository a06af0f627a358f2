"""Tenants, sources and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _tenants()
    _sources()
    _sessions()


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("client_id", sa.String(255), nullable=False, unique=True),
        sa.Column("secret_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
    )


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("tenant_id", sa.String(32), sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("path", sa.String(4096), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("landmarks", sa.JSON(), nullable=False),
        sa.Column("region", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("preview", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_sources_tenant_id", "sources", ["tenant_id"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("tenant_id", sa.String(32), sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False, unique=True),
        sa.Column("source_id", sa.String(40), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("front_uid", sa.Integer(), nullable=False),
        sa.Column("algorithm_uid", sa.Integer(), nullable=False),
        sa.Column("token_issued_at", sa.Integer(), nullable=False),
        sa.Column("token_expire_s", sa.Integer(), nullable=False),
        sa.Column("token_salt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(40)),
    )
    for column in ("tenant_id", "source_id", "state"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])
