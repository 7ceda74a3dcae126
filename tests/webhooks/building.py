"""Builds endpoints and outputs for tests of webhooks."""

import json
from typing import Any, Final

from retention.calendar import SECOND, Instant, rfc3339
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.webhook_settings import EndpointSettings
from streams.webhooks.output import Output

SECRET: Final = "whsec_c2VjcmV0IGZvciBhIHRlc3Qgb2YgYSBob29r"  # noqa: S105 - made up
OTHER: Final = "whsec_YW5vdGhlciBzZWNyZXQgZm9yIGEgcm90YXRpb24="
NOW: Final[Instant] = 1_770_000_000 * SECOND
EXPLANATION: Final = {"en": "10 days without a login", "es": "10 días sin entrar", "it": "10 giorni senza accesso"}


def endpoint(**said: Any) -> EndpointSettings:
    """Return the settings of an endpoint."""
    base: dict[str, Any] = {"url": "https://hooks.example.com/backstay", "secrets": (SECRET,)}
    settings = read_settings(overrides={f"webhooks.crm.{name}": value for name, value in (base | said).items()})
    return settings.webhooks["crm"]


def signal(ident: str = "id-1", customer: str = "c-1", at: Instant = NOW, **said: Any) -> Output:
    """Return a signal that was raised."""
    data = {
        "signal": "no-login",
        "customer_id": customer,
        "episode": f"e-{customer}",
        "transition": "raised",
        "severity": "medium",
        "explanation": EXPLANATION,
        "recommended_action": "we-miss-you",
        "evidence": [f"event of {customer}"],
    }
    return Output("churn_signal.raised", ident, at, data | said, "churn-signals", 0, 7)


def action(
    ident: str = "a-1", customer: str = "c-1", at: Instant = NOW, expires: Instant = NOW + 3_600 * SECOND
) -> Output:
    """Return an action that is recommended until an instant."""
    data = {
        "action": "we-miss-you",
        "customer_id": customer,
        "episode": f"e-{customer}",
        "signal": "no-login",
        "severity": "medium",
        "expires_at": rfc3339(expires),
        "explanation": EXPLANATION,
    }
    return Output("action.recommended", ident, at, data, "actions", 0, 3)


def record(output: Output, topic: str = "churn-signals", partition: int = 0, offset: int = 0) -> LogRecord:
    """Return the record of an output."""
    headers = [
        ("ce_id", output.id.encode()),
        ("ce_type", f"io.backstay.{output.type}.v1".encode()),
        ("ce_time", rfc3339(output.at).encode()),
    ]
    value = json.dumps(output.data).encode()
    return LogRecord(topic, partition, offset, output.at // 1_000, output.customer.encode() or b"k", value, headers)
