"""receipts that anyone can verify, and messages that are posted inline"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("payment_id"),
    )
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("inline_message_id", sa.Text(), nullable=True))
        notice.drop_constraint("ck_audience", type_="check")
        notice.create_check_constraint("ck_audience", "audience IN ('asker', 'group', 'approver', 'inline')")


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE audience = 'inline'")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint("ck_audience", type_="check")
        notice.create_check_constraint("ck_audience", "audience IN ('asker', 'group', 'approver')")
        notice.drop_column("inline_message_id")
    op.drop_table("receipt")
