"""accounts connected in the chat, several merchants for a person, tills and shifts"""

import sqlalchemy as sa
from alembic import op

from storage.models import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")
_AT_A_TILL = sa.text("shift_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.Column("closed_at", Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "provider", name="uq_account_system"),
        sa.UniqueConstraint("path"),
    )
    op.add_column("form", sa.Column("sealed", sa.Text(), nullable=True))
    op.add_column("invite", sa.Column("founds", sa.Text(), nullable=False, server_default=""))
    _tills()
    # Written by hand: Alembic would make SQLite's tables anew, and others refer to them.
    op.execute("ALTER TABLE person ADD COLUMN merchant_id INTEGER REFERENCES merchant (id)")
    op.execute("ALTER TABLE payment ADD COLUMN shift_id INTEGER REFERENCES shift (id)")
    op.add_column("payment", sa.Column("till", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_payment_shift", "payment", ["shift_id"], sqlite_where=_AT_A_TILL, postgresql_where=_AT_A_TILL)


def _tills() -> None:
    op.create_table(
        "till",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.Column("closed_at", Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_till_merchant_id", "till", ["merchant_id"])
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", Utc(timezone=True), nullable=False),
        sa.Column("closed_at", Utc(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("totals", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_shift_till", "shift", ["till_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index(
        "uq_shift_person",
        "shift",
        ["merchant_id", "person_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_payment_shift", "payment")
    op.drop_column("payment", "till")
    op.drop_column("payment", "shift_id")
    op.drop_column("person", "merchant_id")
    for table in ("shift", "till", "account"):
        op.drop_table(table)
    op.drop_column("invite", "founds")
    op.drop_column("form", "sealed")
