"""Signs deliveries as Standard Webhooks: with each secret, so that a receiver may change to the next one meanwhile."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from retention.calendar import SECOND, Instant, moment
from streams.errors import BadSettings
from streams.extras import missing
from streams.text_files import text_of, why_unread
from streams.webhook_settings import EndpointSettings, require_secret

_BYTES: Final = 32


class Signer:
    """Signs the bodies for one endpoint."""

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            from standardwebhooks import Webhook
        except ImportError as error:
            raise BadSettings(missing("signing webhooks", "webhooks")) from error
        self._hooks = [Webhook(text) for text in texts]

    def headers(self, ident: str, now: Instant, body: str) -> dict[str, str]:
        """Return the headers of a delivery that is sent now.

        The package signs the digits of a time as if they were UTC, whatever its zone, so it gets a time in UTC
        (findings/standardwebhooks-python-signs-another-instant.sh).
        """
        found = {"webhook-id": ident, "webhook-timestamp": str(now // SECOND)}
        if self._hooks:
            found["webhook-signature"] = " ".join(hook.sign(ident, moment(now), body) for hook in self._hooks)
        return found


def signer_of(name: str, endpoint: EndpointSettings) -> Signer:
    """Return the signer of an endpoint, with the secrets of the settings and of its file; raise `BadSettings`."""
    texts = [one.get_secret_value() for one in endpoint.secrets]
    if endpoint.secret_file is not None:
        try:
            lines = text_of(endpoint.secret_file).split("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = f"cannot read {endpoint.secret_file}: {why_unread(error)}"
            raise BadSettings(f"webhooks.{name}.secret_file: {why}") from error
        found = [line.strip() for line in lines if line.strip()]
        for text in found:
            try:
                require_secret(text)
            except ValueError as error:
                raise BadSettings(f"webhooks.{name}.secret_file: {error}") from error
        if not found:
            raise BadSettings(f"webhooks.{name}.secret_file: {endpoint.secret_file} has no secret in it")
        texts += found
    return Signer(texts)


def new_secret() -> str:
    """Return a secret that was drawn now."""
    return f"whsec_{b64encode(secrets.token_bytes(_BYTES)).decode()}"
