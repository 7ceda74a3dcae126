"""Erases a customer from every table, by its pseudonym, and remembers that alone: nothing of it is taken again."""

import sqlite3

from streams.console.tables import OF_CUSTOMER


def erase(link: sqlite3.Connection, pseudonym: str) -> bool:
    """Delete all rows of a customer; return whether there were any."""
    link.execute("INSERT OR IGNORE INTO gone VALUES (?)", (pseudonym,))
    found = link.execute("SELECT id FROM customers WHERE pseudonym = ?", (pseudonym,)).fetchone()
    if found is None:
        return False
    link.execute(
        "DELETE FROM reports WHERE recommendation IN (SELECT ident FROM records WHERE customer = ? AND type = "
        "'action.recommended')",
        found,
    )
    for table in OF_CUSTOMER:
        link.execute(f"DELETE FROM {table} WHERE customer = ?", found)  # noqa: S608 - a name of ours
    link.execute("DELETE FROM customers WHERE id = ?", found)
    return True


def gone(link: sqlite3.Connection, pseudonym: str) -> bool:
    """Report whether a customer was erased, or goes on under another id."""
    return link.execute("SELECT 1 FROM gone WHERE pseudonym = ?", (pseudonym,)).fetchone() is not None
