"""when each system last called back, without reading all callbacks"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_ours = sa.text("payment_id IS NOT NULL")
    op.create_index(
        "ix_inbound_last", "inbound", ["provider", "received_at"], sqlite_where=of_ours, postgresql_where=of_ours
    )


def downgrade() -> None:
    op.drop_index("ix_inbound_last", "inbound")
