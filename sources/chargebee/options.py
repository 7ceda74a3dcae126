"""The settings `[sources.chargebee]`."""

from pydantic import SecretStr

from schemas.base import Reason
from sources.base import Options


class ChargebeeOptions(Options):
    """Settings of the source `chargebee`."""

    reasons: dict[str, Reason] = {}
    """The company's own codes of why a customer cancels, each with our reason."""
    test_site: bool = False
    """Whether the events are of a test site: no figure counts them. An event does not say so itself."""
    pseudonym_key: SecretStr | None = None
    """Secret key by which e-mail addresses become pseudonyms, where they are ids of customers; unset:
    `privacy.pseudonym_key`."""
