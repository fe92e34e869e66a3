"""requests that are asked again by themselves, and payments on a schedule"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("merchant", sa.Column("remind_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("merchant", sa.Column("remind_most", sa.Integer(), nullable=False, server_default="2"))
    op.add_column("merchant", sa.Column("remind_from", sa.Text(), nullable=False, server_default="08:00"))
    op.add_column("merchant", sa.Column("remind_until", sa.Text(), nullable=False, server_default="20:00"))
    op.create_table(
        "schedule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("asker_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("skipped_on", sa.Date(), nullable=True),
        sa.Column("due_at", Utc(timezone=True), nullable=True),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'ended')", name="ck_state"),
        sa.CheckConstraint("amount > 0", name="ck_amount"),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "intent", name="uq_schedule_intent"),
    )
    op.create_index("ix_schedule_due", "schedule", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)


def downgrade() -> None:
    op.drop_index("ix_schedule_due", table_name="schedule")
    op.drop_table("schedule")
    for column in ("remind_until", "remind_from", "remind_most", "remind_minutes"):
        op.drop_column("merchant", column)
