"""saved payees, and their names on payments"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "plain", name="uq_payee_name"),
        sa.UniqueConstraint("merchant_id", "msisdn", name="uq_payee_phone"),
    )
    op.add_column("payment", sa.Column("payee_name", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("payment", "payee_name")
    op.drop_table("payee")
