"""when the day is closed, and how the group hears of each event"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merchant", sa.Column("close_at", sa.Text(), nullable=True, server_default="20:00"))
    op.add_column("notice", sa.Column("quiet", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "tone",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('on', 'silent', 'off')", name="ck_mode"),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "event"),
    )


def downgrade() -> None:
    op.drop_table("tone")
    op.drop_column("notice", "quiet")
    op.drop_column("merchant", "close_at")
