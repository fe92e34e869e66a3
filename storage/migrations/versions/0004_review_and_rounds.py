"""what a person decides, what is done once a day, callbacks that come before their payment is known"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REVIEW = sa.text("state = 'review'")
_TOLD = ("outcome", "amount", "currency", "kind")


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.Column("expires_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("payment_id"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "chore",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "name", "day"),
    )
    op.create_index("ix_payment_review", "payment", ["merchant_id"], sqlite_where=_REVIEW, postgresql_where=_REVIEW)
    op.create_index("ix_inbound_reference", "inbound", ["merchant_id", "provider", "reference"])
    for name in _TOLD:
        op.add_column("inbound", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in _TOLD:
        op.drop_column("inbound", name)
    op.drop_index("ix_inbound_reference", "inbound")
    op.drop_index("ix_payment_review", "payment", sqlite_where=_REVIEW, postgresql_where=_REVIEW)
    op.drop_table("chore")
    op.drop_table("proposal")
