"""Defines the settings of webhooks: a section for each endpoint that outputs are delivered to."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, get_args
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from retention.metrics import METRICS
from retention.signals import SIGNALS as CATALOGUE
from schemas.outbound import Band, Edition, Severity
from streams.hosts import checked
from streams.setting_names import unknown
from streams.setting_types import Listed, Section, listed
from streams.topics import ACTIONS, HEALTH, SIGNALS, TOPIC_OF_TYPE, UPDATES

TYPES: Final = tuple(kind for kind, topic in TOPIC_OF_TYPE.items() if topic in (SIGNALS, ACTIONS, HEALTH, UPDATES))
"""The types of outputs that can be delivered."""
NAME: Final = "[a-z][a-z0-9_]{0,39}"
"""How an endpoint may be called: as an environment variable can name it, too."""
Format = Literal["standard", "slack", "teams"]
Language = Literal["en", "es", "it"]
CustomerIds = Literal["id", "pseudonym", "none"]
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PREFIX: Final = "whsec_"
_LEAST_SECRET, _MOST_SECRET = 24, 64
"""Bytes of a secret, as Standard Webhooks asks for them."""
DAY_SECONDS: Final = 86_400


def _secrets(value: object) -> object:
    """Return a list of secrets as `listed` reads it; the text of an error does not contain them."""
    try:
        return listed(value)
    except ValueError:
        raise ValueError("is not a list of secrets: write whsec_a,whsec_b") from None


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_secrets)]


class EndpointSettings(Section):
    """One endpoint: its address, its secrets, and the outputs that it wants."""

    url: SecretStr = Field(description="address that outputs are posted to; of Slack and Teams it is itself a secret")
    secrets: Secrets = Field(
        (), max_length=4, description="secrets to sign with, whsec_…; several while one replaces another: all sign"
    )
    secret_file: Path | None = Field(None, description="file with such secrets, one a line, besides `secrets`")
    types: Listed = Field(
        ("churn_signal.*",),
        min_length=1,
        description=f"types of outputs, or the first word with .*: {', '.join(TYPES)}",
    )
    signals: Listed = Field((), description="only these signals and opportunities, and actions because of them")
    severity: Severity = Field("low", description="least severity of signals and actions")
    segments: dict[str, Listed] = Field(
        default_factory=dict, description="only customers, and figures, of these segments: segments.country = […]"
    )
    editions: Listed = Field((), description="only figures of these editions")
    metrics: Listed = Field((), description="only these figures")
    bands: Listed = Field((), description="only cards of these bands of risk")
    format: Format = Field("standard", description="standard (Standard Webhooks), slack or teams: messages to read")
    language: Language = Field("en", description="language of messages to read")
    customer_ids: CustomerIds = Field(
        "id", description="what stands for a customer: its id, its pseudonym (privacy.pseudonym_key), or none"
    )
    allow_private: Listed = Field(
        (), max_length=1, description="the host of the url, if it may be private, loopback or without TLS"
    )
    ca_file: Path | None = Field(None, description="certificates to trust instead of the usual ones")
    timeout: float = Field(20.0, ge=1, le=60, description="seconds within which an endpoint has to answer")
    concurrency: int = Field(4, ge=1, le=64, description="most requests at once, of each process")
    most_pending: int = Field(
        20_000, ge=1, le=1_000_000, description="deliveries that may wait on each partition; more are dead at once"
    )
    max_age: float = Field(
        7 * DAY_SECONDS,
        ge=60,
        le=90 * DAY_SECONDS,
        description="seconds after which an output is too old to be delivered for the first time, by its own time",
    )

    @field_validator("url")
    @classmethod
    def _usable_url(cls, value: SecretStr) -> SecretStr:
        parts = split(value.get_secret_value())
        if parts.username is not None or parts.password is not None:
            raise ValueError("leave user and password out of the url: receivers know a webhook by its signature")
        if parts.fragment:
            raise ValueError("leave out what follows #: it is not sent")
        return value

    @field_validator("secrets")
    @classmethod
    def _usable_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in value:
            require_secret(one.get_secret_value())
        return value

    @field_validator("types")
    @classmethod
    def _known_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        groups = {f"{kind.partition('.')[0]}.*" for kind in TYPES}
        return _known("type", value, (*TYPES, *sorted(groups)))

    @field_validator("signals")
    @classmethod
    def _known_signals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known("signal", value, tuple(signal.name for signal in CATALOGUE))

    @field_validator("metrics")
    @classmethod
    def _known_metrics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known("metric", value, tuple(metric.name for metric in METRICS))

    @field_validator("editions")
    @classmethod
    def _known_editions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known("edition", value, get_args(Edition))

    @field_validator("bands")
    @classmethod
    def _known_bands(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known("band", value, get_args(Band))

    @field_validator("allow_private")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked(name) for name in value)

    @model_validator(mode="after")
    def _as_a_whole(self) -> "EndpointSettings":
        parts, host = split(self.url.get_secret_value()), self.host
        if self.allow_private and self.allow_private != (host,):
            raise ValueError(f"allow_private: {self.allow_private[0]} is not the host of the url, {host}")
        if parts.scheme == "http" and not self.allow_private:
            raise ValueError(f'url: use https, or, for a host of your own network, allow_private = ["{host}"]')
        if self.format == "standard" and not self.secrets and self.secret_file is None:
            raise ValueError(
                "secrets: receivers check the signature, so there has to be a secret; `backstay webhooks secret` "
                "prints a new one"
            )
        return self

    @property
    def host(self) -> str:
        """Return the host of the url, in the form that is compared."""
        return (split(self.url.get_secret_value()).hostname or "").rstrip(".")

    @property
    def shown(self) -> str:
        """Return what may be shown of the url: not the path, which of Slack and Teams is a secret."""
        parts = split(self.url.get_secret_value())
        port = f":{parts.port}" if parts.port is not None else ""
        return f"{parts.scheme}://{parts.hostname}{port}/…"


def split(url: str) -> SplitResult:
    """Return the parts of a url; raise `ValueError` if no request can be sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("is no url: write https://host/path") from error
    if parts.scheme not in {"http", "https"} or not host or not url.isascii() or re.search(r"[\s\\]", url) or port == 0:
        raise ValueError("is no url: write https://host/path")
    if not _is_host(host):
        raise ValueError("is no url: its host is neither a name nor an address")
    return parts


def _is_host(host: str) -> bool:
    """Report whether a host is a name or a whole address. Short and hexadecimal forms of addresses are neither."""
    try:
        ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None and _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is None
    return True


def require_secret(text: str) -> None:
    """Raise `ValueError` for a secret that cannot be used. The text does not contain it."""
    if not text.startswith(_PREFIX):
        raise ValueError(f"a secret begins with {_PREFIX}; `backstay webhooks secret` prints a new one")
    try:
        found = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"what follows {_PREFIX} is not base64: copy the whole secret") from error
    if not _LEAST_SECRET <= len(found) <= _MOST_SECRET:
        raise ValueError(
            f"a secret has {_LEAST_SECRET} to {_MOST_SECRET} bytes, this one {len(found)}; "
            "`backstay webhooks secret` prints a new one"
        )


def _known(what: str, value: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in names:
            raise ValueError(unknown(what, name, names))
    return tuple(dict.fromkeys(value))


def checked_endpoints(value: dict[str, EndpointSettings]) -> dict[str, EndpointSettings]:
    """Return the endpoints; raise `ValueError` for one that keys, labels and variables could not name."""
    for name in value:
        if re.fullmatch(NAME, name) is None:
            raise ValueError(f"{name!r} cannot name an endpoint: write up to 40 of a-z, 0-9 and _, a letter first")
    return value


def require_segments(endpoints: Mapping[str, EndpointSettings], values: Mapping[str, Collection[str]]) -> None:
    """Raise `ValueError` for a filter by a segment that no customer has. `values` are those of each attribute."""
    for name, endpoint in endpoints.items():
        for by, wanted in endpoint.segments.items():
            place = f"webhooks.{name}.segments"
            if by not in values:
                raise ValueError(f"{place}: {unknown('segment', by, values)}")
            for value in wanted:
                if value not in values[by]:
                    raise ValueError(f"{place}.{by}: {unknown('value', value, values[by])}")
