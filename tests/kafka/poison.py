"""Records that no agent can read, each with the reason in its dead letter."""

from typing import Any

from tests.building import Log, line

LARGE = 10 * 1_048_576


def purchase(**fields: Any) -> bytes:
    return line(Log("poison").buys(1, "o-1").events[0] | fields)


POISON: dict[str, tuple[bytes | None, str]] = {
    "not JSON": (b'{"type": "purchase.comp', "not_json"),
    "no value": (None, "not_json"),
    "UTF-16": ('{"type": "login.succeeded"}'.encode("utf-16"), "not_json"),
    "wrong type": (purchase(amount={"value": 1}), "contract"),
    "missing field": (line({"type": "purchase.completed", "customer_id": "poison"}), "contract"),
    "no offset": (purchase(occurred_at="2025-01-01T00:00:00"), "contract"),
    "NaN": (b'{"type":"purchase.completed","amount":NaN}', "not_json"),
    "a negative amount": (purchase(amount="-1.00"), "contract"),
    "an integer of 5,000 digits": (purchase(amount=1).replace(b'"amount":1', b'"amount":' + b"9" * 5_000), "not_json"),
    "a long id": (purchase(customer_id="x" * 129), "contract"),
    "an e-mail address": (purchase(customer_id="a@b.example"), "contract"),
    "a key of our own": (purchase(customer_id="\x00forgotten|poison"), "contract"),
    "unknown type": (purchase(type="purchase.dreamt"), "unknown_type"),
    "a fact of the company": (purchase(type="rate.published"), "unknown_type"),
    "from the future": (purchase(occurred_at="2999-01-01T00:00:00Z"), "future"),
    "nested": (purchase(items=0).replace(b'"items":0', b'"items":' + b"[" * 40 + b"]" * 40), "too_deep"),
}
DEEP = b'{"type":"purchase.completed","items":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HUGE = b'{"type":"purchase.completed","note":"' + b"x" * LARGE + b'"}'
