"""Which permits must a department watch now? One row for each department and permit.

The list is a fold of recorded pushes: it never looks a duty up, so that a rebuild cannot change who is responsible.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
)

metadata = MetaData()

watch_list = Table(
    "watch_list",
    metadata,
    Column("department", Text, primary_key=True),
    Column("permit", Uuid, primary_key=True),
    Column("role", Text, nullable=False),  # lead | co
    Column("status", Text, nullable=False),  # PermitStatus; "valid" is what must be watched now
    Column("matter_code", Text, nullable=False),
    Column("region_code", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("party", Uuid, nullable=False),
    Column("party_kind", Text, nullable=False),
    Column("party_label", Text, nullable=False),  # a mask for natural persons and 个体工商户
    Column("permit_number", Text, nullable=False),
    Column("certificate_name", Text, nullable=False),
    Column("document_number", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),  # NULL is 长期
    Column("decision", Text, nullable=False),  # event type of the newest decision
    Column("decision_date", Date, nullable=False),
    Column("deciding_body", Text, nullable=False),
    Column("deciding_body_name", Text, nullable=False),
    Column("commitment", Boolean, nullable=False),
    Column("opening_stock", Boolean, nullable=False),
    Column("push_number", BigInteger, nullable=False),  # dense per (deciding body, department)
    Column("push_version", Integer, nullable=False),  # version of the push in the permit's stream here
    Column("permit_version", Integer, nullable=False),  # version of the decision in the permit's stream there
    Column("first_listed_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),  # when the decision was recorded by its bureau
    Column("changed_at", DateTime(timezone=True), nullable=False),  # when this row last changed (database clock)
)


STREET_DIGITS = 9


def street_of(region_code: ColumnElement[str]) -> ColumnElement[str]:
    """The first nine digits: what an index keeps of a region. A city has some hundred streets, and villages no end.

    The 9 is written into the statement: an index on an expression is not found by a bound parameter.
    """
    return func.left(region_code, literal_column(str(STREET_DIGITS)))


_c = watch_list.c
_street = street_of(_c.region_code)

INDEXES = (
    # Newest change first: the list as it opens, and what changed since.
    Index(
        "watch_list_newest",
        *(_c.department, _c.status, _c.changed_at, _c.permit),
        postgresql_include=["matter_code", "region_code", "valid_to"],
    ),
    # One matter, one region, or both; each (matter, street) is one stream, newest change last. Role and body are there
    # to be counted without the table: what a rule change touches is asked of every list.
    Index(
        "watch_list_by_matter",
        *(_c.department, _c.status, _c.matter_code, _street, _c.changed_at, _c.permit),
        postgresql_include=["region_code", "valid_to", "role", "deciding_body"],
    ),
    # Soonest end first, for one matter or region too: there are few days and few matters to leap over.
    Index(
        "watch_list_by_expiry",
        *(_c.department, _c.status, _c.valid_to, _c.matter_code, _street, _c.permit),
        postgresql_include=["region_code", "changed_at"],
    ),
    # All permits of one party, in one department or in every one.
    Index("watch_list_by_party", _c.party, _c.department),
)
