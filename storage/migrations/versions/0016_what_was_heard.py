"""updates are kept until they are worked"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc
from storage.sealing import Sealed

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sealed", Sealed(), nullable=True),
        sa.Column("received_at", Utc(timezone=True), nullable=False),
        sa.Column("due_at", Utc(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("update_id"),
    )
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index("ix_heard_due", "heard", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_heard_chat", "heard", ["chat_id", "update_id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_heard_received", "heard", ["received_at"])


def downgrade() -> None:
    op.drop_index("ix_heard_received", "heard")
    op.drop_index("ix_heard_chat", "heard")
    op.drop_index("ix_heard_due", "heard")
    op.drop_table("heard")
