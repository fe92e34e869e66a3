"""payments that were asked for together"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LINES = sa.text("batch_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asker_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "intent", name="uq_batch_intent"),
    )
    # Written by hand: Alembic would make SQLite's table anew, and others refer to it.
    op.execute("ALTER TABLE payment ADD COLUMN batch_id TEXT REFERENCES batch (id)")
    op.add_column("payment", sa.Column("line", sa.Integer(), nullable=True))
    op.create_index("ix_payment_batch", "payment", ["batch_id", "state"], sqlite_where=_LINES, postgresql_where=_LINES)
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("payment_id", existing_type=sa.Text(), nullable=True)
        notice.add_column(sa.Column("batch_id", sa.Text(), nullable=True))
        notice.create_foreign_key("fk_notice_batch", "batch", ["batch_id"], ["id"])
        notice.create_unique_constraint("uq_notice_batch_audience", ["batch_id", "audience"])
        notice.create_check_constraint("ck_notice_subject", "(payment_id IS NULL) != (batch_id IS NULL)")


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE payment_id IS NULL")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint("uq_notice_batch_audience", type_="unique")
        notice.drop_constraint("fk_notice_batch", type_="foreignkey")
        notice.drop_constraint("ck_notice_subject", type_="check")
        notice.drop_column("batch_id")
        notice.alter_column("payment_id", existing_type=sa.Text(), nullable=False)
    op.drop_index("ix_payment_batch", "payment", sqlite_where=_LINES, postgresql_where=_LINES)
    op.drop_column("payment", "line")
    op.drop_column("payment", "batch_id")
    op.drop_table("batch")
