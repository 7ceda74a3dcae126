"""The numbers behind figures about customers: active ones at start and end, lost, new and returned."""

from retention.measures.base import Number, Values


def start(values: Values) -> Number:
    """Return S: active at the start."""
    return values.start("active")


def end(values: Values) -> Number:
    """Return E: active at the end."""
    return values.end("active")


def retained(values: Values) -> Number:
    """Return the number of customers that were active at the start and at the end."""
    return start(values) - values.flow("lost")


def newcomers(values: Values) -> Number:
    """Return N: active at the end, and not at the start."""
    return values.flow("new") + values.flow("returned")


def components(values: Values, _currency: str) -> dict[str, int]:
    """Return the counts behind a figure; the last two show where the naive reading of CRR is wrong."""
    new, returned, acquired = (values.flow(name) for name in ("new", "returned", "acquired"))
    found = {
        "S": start(values),
        "E": end(values),
        "N": newcomers(values),
        "new": new,
        "returned": returned,
        "acquired": acquired,
        "retained": retained(values),
        "lost": values.flow("lost"),
        "returned_in_E": returned,
        "acquired_and_lost": acquired - new,
    }
    return {name: int(number) for name, number in found.items()}
