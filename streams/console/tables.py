"""The tables of the store: one row for each thing that a view asks for.

    records     every output about a customer, as it was read: the timeline, and what other tables point to
    customers   their ids, as small numbers in all other tables; the pseudonym finds one that is erased
    cards       what rows are filtered and ordered by, of the last card of each, as of the instant `aged`
    card_bodies these cards as they were read, apart: a scan of the narrow rows reads a twentieth of the pages
    gone        pseudonyms of customers that were erased or merged away: nothing of them is taken again

Instants are whole microseconds. `VERSION` changes with any table. A store of a version before it is brought to the next
one by `UPGRADES`: it may know more than its topics still have. One of any other version is read again.
"""

from collections.abc import Mapping
from typing import Final

VERSION: Final = 7
TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE reads (
    topic TEXT, partition INTEGER, next INTEGER NOT NULL, event INTEGER NOT NULL DEFAULT 0,
    stamp INTEGER NOT NULL DEFAULT 0, missed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE outcomes (topic TEXT, outcome TEXT, number INTEGER NOT NULL, PRIMARY KEY (topic, outcome)) WITHOUT ROWID;
CREATE TABLE unknown (type TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, pseudonym TEXT NOT NULL UNIQUE);
CREATE TABLE gone (pseudonym TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE records (
    seq INTEGER PRIMARY KEY, ident BLOB NOT NULL UNIQUE, customer INTEGER NOT NULL, topic TEXT NOT NULL,
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
    severity INTEGER, episode BLOB, cause BLOB NOT NULL, body BLOB NOT NULL
);
CREATE INDEX records_of_customer ON records (customer, at);
CREATE INDEX records_of_type ON records (type, customer, name, episode, severity, at);
CREATE INDEX records_by_time ON records (at);

CREATE TABLE episodes (
    customer INTEGER, episode BLOB, name TEXT NOT NULL, kind TEXT NOT NULL, open INTEGER NOT NULL, severity INTEGER,
    raised INTEGER NOT NULL, said INTEGER, last INTEGER NOT NULL, PRIMARY KEY (customer, episode)
) WITHOUT ROWID;
CREATE INDEX episodes_open ON episodes (name) WHERE open;
CREATE TABLE gaps (
    customer INTEGER, episode BLOB, source TEXT, at INTEGER NOT NULL, PRIMARY KEY (customer, episode, source)
) WITHOUT ROWID;
CREATE TABLE actions (
    customer INTEGER, episode BLOB, action TEXT, state TEXT NOT NULL, at INTEGER NOT NULL,
    said INTEGER, last INTEGER NOT NULL, PRIMARY KEY (customer, episode, action)
) WITHOUT ROWID;
-- What people said in a console became of recommendations, by the `ce_id` of these: audit names no customer.
CREATE TABLE reports (
    recommendation BLOB, outcome TEXT, at INTEGER NOT NULL, who TEXT NOT NULL, PRIMARY KEY (recommendation, outcome)
) WITHOUT ROWID;
-- What workers have read on `outcomes` became of actions, whoever has sent it.
CREATE TABLE action_reports (
    customer INTEGER, record INTEGER, outcome TEXT NOT NULL, at INTEGER NOT NULL, source TEXT, recommendation BLOB,
    episode BLOB, action TEXT, PRIMARY KEY (customer, record)
) WITHOUT ROWID;
CREATE TABLE movements (
    customer INTEGER, currency TEXT, at INTEGER, kind TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    delta TEXT NOT NULL, plan TEXT, cause TEXT, reason TEXT, record INTEGER NOT NULL,
    PRIMARY KEY (customer, currency, at)
) WITHOUT ROWID;
CREATE INDEX movements_by_time ON movements (at, kind, currency);
-- In which segments a customer counts from an instant on, by each record of a movement: '{}' in none, NULL if it does
-- not say. Before the first of one that `begins` it was no customer.
CREATE TABLE standings (
    customer INTEGER, currency TEXT, at INTEGER, segments TEXT, begins INTEGER NOT NULL,
    PRIMARY KEY (customer, currency, at)
) WITHOUT ROWID;
CREATE TABLE edges (
    customer INTEGER, basis TEXT, at INTEGER, what TEXT, cause TEXT NOT NULL, reason TEXT, worth BLOB NOT NULL,
    PRIMARY KEY (customer, basis, at, what)
) WITHOUT ROWID;
CREATE INDEX edges_by_time ON edges (basis, what, at);

CREATE TABLE cards (
    customer INTEGER PRIMARY KEY, name TEXT NOT NULL, at_risk INTEGER NOT NULL, risk INTEGER NOT NULL,
    band TEXT NOT NULL, plan TEXT, stage TEXT NOT NULL, since INTEGER, as_of INTEGER NOT NULL, sweep INTEGER NOT NULL,
    fades INTEGER NOT NULL, aged INTEGER NOT NULL
);
CREATE INDEX cards_aged ON cards (aged) WHERE fades;
CREATE INDEX cards_band ON cards (band) WHERE at_risk;
CREATE INDEX cards_plan ON cards (plan) WHERE at_risk;
CREATE INDEX cards_stage ON cards (stage) WHERE at_risk;
CREATE TABLE card_bodies (customer INTEGER PRIMARY KEY, record BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE card_signals (customer INTEGER, signal TEXT, PRIMARY KEY (customer, signal)) WITHOUT ROWID;
CREATE INDEX card_signals_by_name ON card_signals (signal, customer);
-- Of customers at risk alone, as the two tables after it: they are what rows are filtered and added up by.
CREATE TABLE card_segments (
    customer INTEGER, name TEXT, value TEXT NOT NULL, PRIMARY KEY (customer, name)
) WITHOUT ROWID;
CREATE INDEX card_segments_by_value ON card_segments (name, value, customer);
CREATE TABLE card_values (
    customer INTEGER, currency TEXT, amount INTEGER NOT NULL, PRIMARY KEY (customer, currency)
) WITHOUT ROWID;
CREATE INDEX card_values_by_amount ON card_values (currency, amount, customer);
CREATE TABLE points (
    customer INTEGER, at INTEGER, risk TEXT NOT NULL, band TEXT NOT NULL, health TEXT, usage INTEGER, active TEXT,
    weights BLOB, segments TEXT NOT NULL,
    PRIMARY KEY (customer, at)
) WITHOUT ROWID;

CREATE TABLE figures (
    key TEXT PRIMARY KEY, metric TEXT NOT NULL, basis TEXT NOT NULL, currency TEXT NOT NULL, kind TEXT NOT NULL,
    start TEXT NOT NULL, by TEXT NOT NULL, value TEXT NOT NULL, record BLOB NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX figures_of_period ON figures (kind, basis, by, start);

CREATE TABLE letters (
    partition INTEGER, offset INTEGER, topic TEXT NOT NULL, reason TEXT NOT NULL, stamp INTEGER NOT NULL,
    PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
CREATE INDEX letters_by_reason ON letters (topic, reason, stamp);
CREATE TABLE marks (partition INTEGER, first INTEGER, last INTEGER, PRIMARY KEY (partition, first, last)) WITHOUT ROWID;
"""
_CARDS_ALONE: Final = """
DROP INDEX cards_aged;
DROP INDEX cards_at_risk;
DROP INDEX cards_band;
DROP INDEX cards_plan;
DROP INDEX cards_stage;
ALTER TABLE cards RENAME TO cards_before;
CREATE TABLE cards (
    customer INTEGER PRIMARY KEY, name TEXT NOT NULL, at_risk INTEGER NOT NULL, risk INTEGER NOT NULL,
    band TEXT NOT NULL, plan TEXT, stage TEXT NOT NULL, since INTEGER, as_of INTEGER NOT NULL, sweep INTEGER NOT NULL,
    fades INTEGER NOT NULL, aged INTEGER NOT NULL
);
CREATE TABLE card_bodies (customer INTEGER PRIMARY KEY, record BLOB NOT NULL, body BLOB NOT NULL);
INSERT INTO cards SELECT customer, name, at_risk, risk, band, plan, stage, since, as_of, sweep, fades, aged
    FROM cards_before JOIN customers ON id = customer ORDER BY customer;
INSERT INTO card_bodies SELECT customer, record, body FROM cards_before ORDER BY customer;
DROP TABLE cards_before;
CREATE INDEX cards_aged ON cards (aged) WHERE fades;
CREATE INDEX cards_band ON cards (band) WHERE at_risk;
CREATE INDEX cards_plan ON cards (plan) WHERE at_risk;
CREATE INDEX cards_stage ON cards (stage) WHERE at_risk;
"""
_OUTCOMES_OF_OTHERS: Final = """
CREATE TABLE action_reports (
    customer INTEGER, record INTEGER, outcome TEXT NOT NULL, at INTEGER NOT NULL, source TEXT, recommendation BLOB,
    episode BLOB, action TEXT, PRIMARY KEY (customer, record)
) WITHOUT ROWID;
"""
_STANDINGS: Final = """
CREATE TABLE standings (
    customer INTEGER, currency TEXT, at INTEGER, segments TEXT, begins INTEGER NOT NULL,
    PRIMARY KEY (customer, currency, at)
) WITHOUT ROWID;
INSERT OR REPLACE INTO standings SELECT
    customer, json_extract(body, '$.currency'), at, json_extract(body, '$.segments'),
    json_extract(body, '$.before') + 0 = 0 AND json_extract(body, '$.kind') <> 'resume'
        AND coalesce(json_extract(body, '$.segments'), '') <> '{}'
    FROM (SELECT seq, customer, at, CAST(body AS TEXT) AS body FROM records
        WHERE type IN ('movement.made', 'movement.corrected'))
    ORDER BY seq;
DELETE FROM standings WHERE segments IS NULL AND NOT EXISTS (SELECT 1 FROM movements m
    WHERE m.customer = standings.customer AND m.currency = standings.currency AND m.at = standings.at)
"""
UPGRADES: Final[Mapping[int, str]] = {4: _CARDS_ALONE, 5: _OUTCOMES_OF_OTHERS, 6: _STANDINGS}
"""What makes a store of each version one of the next."""
_BEFORE_ANOTHER: Final = """
DELETE FROM {table} WHERE at < :cut AND ({over} OR EXISTS (SELECT 1 FROM {table} AS next WHERE
    next.customer = {table}.customer AND next.currency = {table}.currency AND next.at > {table}.at AND next.at < :cut))
"""
PRUNED_BUT_FOR_THE_LAST: Final = (
    _BEFORE_ANOTHER.format(table="movements", over="after + 0 = 0"),
    _BEFORE_ANOTHER.format(table="standings", over="segments = '{}'"),
)
"""What deletes rows from before an instant, but for the last one of a customer that still pays, or counts, at it."""
OF_CUSTOMER: Final = (
    "records",
    "episodes",
    "gaps",
    "actions",
    "action_reports",
    "movements",
    "standings",
    "edges",
    "cards",
    "card_bodies",
    "card_signals",
    "card_segments",
    "card_values",
    "points",
)
"""The tables that have rows of a customer: to erase one, rows of all of them are deleted."""
ALL_TABLES: Final = (
    "meta",
    "reads",
    "outcomes",
    "unknown",
    "customers",
    "gone",
    *OF_CUSTOMER,
    "reports",
    "figures",
    "letters",
    "marks",
)
