"""how long names are kept, and books that were put back from a backup"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merchant", sa.Column("keep_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("merchant", sa.Column("restored_at", Utc(timezone=True), nullable=True))
    op.add_column("merchant", sa.Column("restored_to", Utc(timezone=True), nullable=True))
    op.add_column("payment", sa.Column("masked_at", Utc(timezone=True), nullable=True))
    op.add_column("letter", sa.Column("before", sa.Text(), nullable=False, server_default=""))
    op.add_column("letter", sa.Column("after", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("letter", "after")
    op.drop_column("letter", "before")
    op.drop_column("payment", "masked_at")
    op.drop_column("merchant", "restored_to")
    op.drop_column("merchant", "restored_at")
    op.drop_column("merchant", "keep_days")
