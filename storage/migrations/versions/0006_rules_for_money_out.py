"""a merchant's rules for money out"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _of_merchant() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("first_payee", sa.Text(), nullable=False, server_default="approve"),
        sa.Column("guarded_from", sa.Text(), nullable=True),
        sa.Column("guarded_until", sa.Text(), nullable=True),
        sa.Column("repeat_minutes", sa.Integer(), nullable=False, server_default="60"),
        sa.Column("paused_at", Utc(timezone=True), nullable=True),
        sa.Column("paused_by", sa.BigInteger(), nullable=True),
    ]


def _of_payment() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("checks", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("approver_id", sa.BigInteger(), nullable=True),
        sa.Column("payee", sa.Text(), nullable=False, server_default=""),
    ]


def upgrade() -> None:
    # One by one: Alembic would make SQLite's tables anew, and others refer to them.
    for column in _of_merchant():
        op.add_column("merchant", column)
    for column in _of_payment():
        op.add_column("payment", column)
    op.execute("UPDATE payment SET payee = msisdn")
    op.create_index("ix_payment_payee", "payment", ["merchant_id", "payee"])
    op.create_table(
        "policy",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("approval_from", sa.BigInteger(), nullable=True),
        sa.Column("cashier_from", sa.BigInteger(), nullable=True),
        sa.Column("per_payout", sa.BigInteger(), nullable=True),
        sa.Column("per_person", sa.BigInteger(), nullable=True),
        sa.Column("per_payee", sa.BigInteger(), nullable=True),
        sa.Column("factor_from", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "currency"),
    )
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint("ck_audience", type_="check")
        notice.create_check_constraint("ck_audience", "audience IN ('asker', 'group', 'approver')")
        notice.drop_constraint("uq_notice_audience", type_="unique")
        notice.create_unique_constraint("uq_notice_audience", ["payment_id", "audience", "chat_id"])
        notice.drop_constraint("uq_notice_batch_audience", type_="unique")
        notice.create_unique_constraint("uq_notice_batch_audience", ["batch_id", "audience", "chat_id"])


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE audience = 'approver'")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint("uq_notice_audience", type_="unique")
        notice.create_unique_constraint("uq_notice_audience", ["payment_id", "audience"])
        notice.drop_constraint("uq_notice_batch_audience", type_="unique")
        notice.create_unique_constraint("uq_notice_batch_audience", ["batch_id", "audience"])
        notice.drop_constraint("ck_audience", type_="check")
        notice.create_check_constraint("ck_audience", "audience IN ('asker', 'group')")
    op.drop_table("policy")
    op.drop_index("ix_payment_payee", "payment")
    for column in _of_payment():
        op.drop_column("payment", column.name)
    for column in _of_merchant():
        op.drop_column("merchant", column.name)
