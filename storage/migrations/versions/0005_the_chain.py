"""records are chained; those that are there already, in their order"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage import chain
from storage.models import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SEALS = {
    "sqlite": [
        "CREATE TRIGGER chainlink_no_update BEFORE UPDATE ON chainlink "
        "BEGIN SELECT RAISE(ABORT, 'links are append-only'); END",
        "CREATE TRIGGER chainlink_no_delete BEFORE DELETE ON chainlink "
        "BEGIN SELECT RAISE(ABORT, 'links are append-only'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION chainlink_is_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'links are append-only'; END $$",
        "CREATE TRIGGER chainlink_sealed BEFORE UPDATE OR DELETE ON chainlink "
        "FOR EACH STATEMENT EXECUTE FUNCTION chainlink_is_sealed()",
    ],
}
_BATCH = 1000


def _record(name: str, *texts: str) -> sa.TableClause:
    own = (sa.column("id", sa.Integer), sa.column("merchant_id", sa.Integer), sa.column("at", Utc))
    return sa.table(name, *own, *(sa.column(text, sa.Text) for text in texts))


_RECORDS = (
    _record("event", "payment_id", "by", "before", "after", "note"),
    _record("deed", "by", "what", "about", "before", "after"),
)


def upgrade() -> None:
    head = op.create_table(
        "chain",
        sa.Column("merchant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id"),
    )
    links = op.create_table(
        "chainlink",
        sa.Column("merchant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("merchant_id", "number"),
    )
    for merchant_id in op.get_bind().scalars(sa.text("SELECT id FROM merchant ORDER BY id")).all():
        _chain(merchant_id, head, links)
    for statement in _SEALS[op.get_bind().dialect.name]:
        op.execute(statement)


def _chain(merchant_id: int, head: sa.Table, links: sa.Table) -> None:
    count, last = 0, ""
    for kind, rows in _batches(merchant_id):
        made = []
        for row in rows:
            count += 1
            last = chain.digest(last, count, kind, row)
            made.append(
                {"merchant_id": merchant_id, "number": count, "kind": kind, "row_id": row["id"], "digest": last}
            )
        op.get_bind().execute(links.insert(), made)
    if count:
        op.get_bind().execute(head.insert(), {"merchant_id": merchant_id, "count": count, "digest": last})


def _batches(merchant_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for table in _RECORDS:
        after = 0
        while True:
            wanted = sa.select(table).where(table.c.merchant_id == merchant_id, table.c.id > after)
            rows = op.get_bind().execute(wanted.order_by(table.c.id).limit(_BATCH)).mappings().all()
            if not rows:
                break
            after = rows[-1]["id"]
            yield table.name, [dict(row) for row in rows]


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER chainlink_sealed ON chainlink")
        op.execute("DROP FUNCTION chainlink_is_sealed()")
    op.drop_table("chainlink")
    op.drop_table("chain")
