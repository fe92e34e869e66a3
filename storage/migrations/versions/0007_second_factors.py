"""what proves a person to be who they are"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("factor", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("factor_step", sa.BigInteger(), nullable=True))
    op.add_column("person", sa.Column("factor_misses", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("factor_rests_until", Utc(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("factor_rests_until", "factor_misses", "factor_step", "factor"):
        op.drop_column("person", column)
