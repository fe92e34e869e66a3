"""the board of the day in the group"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merchant", sa.Column("board", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "dayboard",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("purses", sa.JSON(), nullable=False),
        sa.Column("looked_at", Utc(timezone=True), nullable=True),
        sa.Column("due_at", Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "day"),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_dayboard_due", "dayboard", ["due_at"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    op.drop_index("ix_dayboard_due", "dayboard")
    op.drop_table("dayboard")
    op.drop_column("merchant", "board")
