"""The settings: one frozen object, read once (`streams.setting_sources`) and passed on."""

import codecs
import re
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from retention.calendar import DAY, HOUR, SECOND
from retention.company import Weights
from retention.features.customers.profile import LONGEST_VALUE, MOST_ATTRIBUTES
from retention.features.usage.usage import LONGEST_NAME
from retention.fitted import Model
from retention.measures import BASIS_NAMES, MEASURES
from retention.measures.base import ALL
from retention.measures.segments import OTHER, is_set_elsewhere, segments_of
from retention.periods import DEFAULT_PERIODS, KIND_OF, PERIOD_KINDS
from retention.policy import Consent, Policy, Severity, SignalPolicy
from retention.risk.arithmetic import STEPS
from retention.signals import SIGNALS
from retention.signals.thresholds import wrong_with
from schemas.currencies import DECIMALS
from sources import SOURCES
from sources.base import Options, Source
from sources.encodings.schemas import NO_SCHEMAS, Schemas
from sources.envelopes.opening import AUTO, through
from streams.company_file import checked_weights
from streams.console_settings import ConsoleSettings
from streams.hosts import checked
from streams.learned_file import Unfit
from streams.model_file import checked_model
from streams.registry_settings import RegistrySettings
from streams.setting_names import PREFIX, unknown
from streams.setting_types import DAY_SECONDS, LONGEST_SECONDS, MOST_DAYS, TOPIC_NAME, Listed, Section
from streams.topics import TOPICS
from streams.webhook_settings import EndpointSettings, checked_endpoints, require_segments

SHORTEST_KEY: Final = 16
"""Characters of the shortest key for pseudonyms."""
ATTRIBUTE: Final = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
"""How an attribute may be called that figures are split by: it stands in keys and labels."""


def _is_address(text: str) -> bool:
    """Report whether a client can use an address; with a bad one it would fail with an obscure error."""
    try:
        place = urlsplit(f"//{text}")
        host = (place.hostname or "").encode("idna")
        return bool(host) and text.isprintable() and (place.port is None or place.port > 0)
    except ValueError:
        return False


def _segment_values(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of a segment, each once; raise `ValueError` for one that keys and labels cannot hold."""
    for one in values:
        plain = one.strip()
        if not plain or len(one) > LONGEST_VALUE or not one.isprintable() or "|" in one:
            raise ValueError(
                f"{one!r} cannot be a value: it is used in keys and labels, so it needs 1 to {LONGEST_VALUE} "
                "printable characters, and no |"
            )
        if plain != one:
            raise ValueError(f"{one!r} begins or ends with a space, which no label shows: write {plain!r}")
    if OTHER in values:
        raise ValueError(f"leave {OTHER} out: every customer without a value of this list is counted under it anyway")
    return tuple(dict.fromkeys(values))


def _milestones(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of milestones, each once; raise `ValueError` for one that no event can have as it is stored."""
    for name in names:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise ValueError(f"{name!r} cannot be a milestone: write 1 to {LONGEST_NAME} printable characters")
    return tuple(dict.fromkeys(names))


class KafkaSettings(Section):
    """The address of the broker, and how this worker takes part."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port of one or more brokers, comma separated")
    group: str = Field("backstay", description="consumer group; also the prefix of transactional ids")
    session_timeout: float = Field(
        45.0, gt=0, le=DAY_SECONDS, description="seconds without heartbeat after which a worker is replaced"
    )
    patience: float = Field(
        60.0,
        gt=0,
        le=DAY_SECONDS,
        description="seconds that a commit may take before the worker gives up on the broker",
    )
    security: Literal["plaintext", "sasl_ssl", "ssl"] = Field(
        "plaintext", description="encryption and login of the connection"
    )
    sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how the worker logs in with sasl_ssl"
    )
    username: str | None = Field(None, description="user name for sasl_ssl")
    password: SecretStr | None = Field(None, description="password for sasl_ssl; best set in the environment")
    ca_file: Path | None = Field(None, description="certificate of the broker's authority; unset: those of the system")
    cert_file: Path | None = Field(None, description="client certificate")
    key_file: Path | None = Field(None, description="private key of the client certificate")

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for address in value.split(","):
            if not _is_address(address.strip()):
                raise ValueError(f"{address!r} is not host:port, such as kafka-1:9093")
        return value


class TopicSettings(Section):
    """The names and the widths of the topics."""

    prefix: str = Field(
        "", pattern=rf"^{TOPIC_NAME}*$", description="prefix of every topic name that topics.names does not set"
    )
    names: dict[str, Annotated[str, Field(pattern=rf"^{TOPIC_NAME}{{1,249}}$")]] = Field(
        default_factory=dict, description='your topic names, as in purchases = "shop.purchases"; inputs may share one'
    )
    partitions: int = Field(
        4, ge=1, le=1024, description="partitions of every customer topic that `backstay topics create` creates"
    )
    replication: int = Field(
        1, ge=1, le=1_000, description="replication factor of topics that `backstay topics create` creates"
    )

    @field_validator("names")
    @classmethod
    def _known_topics(cls, value: dict[str, str]) -> dict[str, str]:
        known = [topic.name for topic in TOPICS]
        for name in value.keys() - set(known):
            raise ValueError(unknown("topic", name, known))
        return value


class MetricSettings(Section):
    """The definitions of the figures."""

    zone: str = Field("UTC", description="IANA zone whose days and months are the company's")
    fiscal_start_month: int = Field(1, ge=1, le=12, description="month in which quarters and years begin")
    basis: str = Field(
        Policy().basis,
        description=f"what counts as an active customer: {' or '.join(BASIS_NAMES)}; churned ones raise no signals",
    )
    purchase_window_days: int = Field(
        90, ge=1, le=MOST_DAYS, description="days for which an order makes a customer active"
    )
    pause_limit_days: int = Field(
        90, ge=1, le=MOST_DAYS, description="days after which a pause ends a customer's activity"
    )
    grace_days: int = Field(30, ge=0, le=MOST_DAYS, description="days for which an unpaid subscription still counts")
    horizon_months: int = Field(16, ge=4, le=60, description="months of history that late events can still correct")
    low_sample: int = Field(
        30, ge=1, le=1_000_000_000, description="figures of fewer customers are marked `low_sample`"
    )
    periods: Listed = Field(
        DEFAULT_PERIODS,
        description=f"periods to publish figures for, of {', '.join(KIND_OF)}; month is always among them; "
        "a kind that is set later begins at the horizon, without customers erased before",
    )
    plans: Listed = Field((), max_length=50, description="plans to split figures by; the rest is `other`")
    milestones: Listed = Field(
        (), max_length=50, description="milestones that the onboarding requires, for `onboarding_completion`"
    )

    currency: str | None = Field(
        None,
        description="ISO 4217 code of the currency into which MRR, NDR and the other figures of money are converted, "
        "by the rates of `rate.published`; none: they are published per currency only",
    )
    stickiness: bool = Field(
        default=False, description="whether to publish `stickiness`; with it, logins cost more (docs/events.md)"
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone, such as 'Europe/Madrid'") from error
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in DECIMALS:
            raise ValueError(f"{value!r} is not an ISO 4217 currency code, such as 'EUR'")
        return value.upper() if value is not None else None

    @field_validator("basis")
    @classmethod
    def _known_basis(cls, value: str) -> str:
        if value not in BASIS_NAMES:
            raise ValueError(unknown("basis", value, BASIS_NAMES))
        return value

    @field_validator("plans")
    @classmethod
    def _usable_plans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _segment_values(value)

    @field_validator("milestones")
    @classmethod
    def _usable_milestones(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _milestones(value)

    @field_validator("periods")
    @classmethod
    def _known_periods(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [kind.name for kind in PERIOD_KINDS]
        for name in value:
            if name not in known:
                raise ValueError(unknown("kind of period", name, known))
        if "month" not in value:
            raise ValueError(
                "month has to be among them: the page, the tables of replay and demo, alerts, dashboard show months. "
                f"For example {','.join(name for name in known if name in {*value, 'month'})}"
            )
        return tuple(name for name in known if name in value)


class TimeSettings(Section):
    """The advance of event time."""

    disorder: float = Field(
        600.0,
        ge=0,
        le=LONGEST_SECONDS,
        allow_inf_nan=False,
        description="seconds by which events may arrive out of order",
    )
    lateness: float = Field(
        172_800.0,
        ge=0,
        le=LONGEST_SECONDS,
        allow_inf_nan=False,
        description="seconds from a period's end until it is final",
    )
    clock: Literal["wall", "log"] = Field(
        "wall",
        description="what advances event time when all is read: the clock, or only events (log, to play one: time "
        "stands still at the newest event)",
    )
    calendar: Path | None = Field(
        None, description="file with the weights of the company's days, as `backstay calendar learn` writes it"
    )
    commit_every: float = Field(
        0.08, gt=0, le=10, description="seconds until outputs (signals, actions, cards) are committed, under light load"
    )
    save_every: float = Field(
        0.25,
        gt=0,
        le=10,
        description="seconds until a partition without outputs commits its states, if that is longer than "
        "commit_every; the longer, the fewer bytes the changelog takes",
    )


class SignalSettings(Section):
    """The tuning of one signal; an omitted setting has the signal's own default."""

    enabled: bool | None = Field(None, description="whether the signal is raised")
    severity: Severity | None = Field(None, description="severity when it is raised")
    cooldown_days: int | None = Field(
        None, ge=0, le=MOST_DAYS, description="days after a recovery without a new signal"
    )
    escalate_after_days: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="days open until it becomes one level more severe"
    )
    thresholds: dict[str, Annotated[float, Field(ge=0, le=MOST_DAYS, allow_inf_nan=False)]] = Field(
        {}, description="thresholds by name, as in thresholds.min_days"
    )


class ActionSettings(Section):
    """The rules of what may be recommended."""

    consent: Consent = Field(
        "opt_out",
        description="whether messages are recommended for customers until they refuse them (opt_out), "
        "or only once they have consented to marketing (opt_in)",
    )
    min_hours_between: int = Field(
        72, ge=0, le=720, description="hours between two messages that are recommended for a customer; 0: no limit"
    )
    most_in_30_days: int = Field(
        4, ge=0, le=30, description="messages that are recommended for a customer in 30 days; 0: no limit"
    )
    deliveries_reported: bool = Field(
        default=False,
        description="whether services report each message that they deliver on `outcomes`: one that is not delivered "
        "then gives way to a message of higher priority",
    )


class RiskSettings(Section):
    """The risk that a customer leaves: the model, and the bands without one."""

    model: Annotated[Path | None, BeforeValidator(lambda value: value or None)] = Field(
        None, description="file of a fitted model, as `backstay learn` writes it; unset: the weights of the catalogue"
    )
    horizon_days: int = Field(
        90, ge=14, le=366, description="days within which a customer leaves that `backstay learn` counts as lost"
    )
    medium: float = Field(0.33, gt=0, le=1, description="risk from which on a customer's band is medium")
    high: float = Field(0.66, gt=0, le=1, description="risk from which on a customer's band is high")

    @model_validator(mode="after")
    def _ascending(self) -> "RiskSettings":
        if self.high < self.medium:
            raise ValueError(f"risk.high: {self.high} is below risk.medium, {self.medium}")
        if self.model is not None and (set_too := sorted({"medium", "high"} & self.model_fields_set)):
            raise ValueError(f"risk.{set_too[0]}: the bands are those of risk.model: leave this setting out")
        return self


class SegmentSettings(Section):
    """The split of figures by one attribute of customers."""

    values: Listed = Field(
        min_length=1,
        max_length=50,
        description="values with figures of their own; customers with another one, or none, are `other`",
    )

    @field_validator("values")
    @classmethod
    def _usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _segment_values(value)


class WebSettings(Section):
    """The page, the metrics and the health checks."""

    enabled: bool = Field(default=True, description="whether the worker serves the page, metrics and health checks")
    host: str = Field("127.0.0.1", description="address to listen on; there is no login: protect any but loopback")
    port: int = Field(6066, ge=0, le=65_535, description="0 takes any free port")
    allowed_hosts: Listed = Field(
        (),
        max_length=50,
        description="names that the page and /metrics answer for besides web.host and loopback, "
        "as in backstay.example.com or *.example.com",
    )

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(checked, value))


class AlertSettings(Section):
    """The contents of the alerting rules of `backstay rules write`."""

    runbook_url: str = Field(
        "http://127.0.0.1:6066/runbook",
        pattern=r"^https?://[^\s#]+$",
        description="URL of the runbook; a worker serves it under /runbook",
    )


class PrivacySettings(Section):
    """The pseudonyms of erased customers, by which they are recognised without their ids."""

    pseudonym_key: SecretStr | None = Field(
        None, description="secret key for the pseudonyms of erased customers; set it once, and never change it"
    )


class StateSettings(Section):
    """The stores of states besides the changelog."""

    dir: Path | None = Field(
        None, description="folder for states on disk (RocksDB), one for each worker; unset: in memory"
    )
    standbys: int = Field(
        0, ge=0, le=16, description="workers that keep a copy of each partition besides its owner; needs state.dir"
    )

    @model_validator(mode="after")
    def _on_disk(self) -> "StateSettings":
        if self.standbys and self.dir is None:
            raise ValueError("standbys keep their copies in state.dir: set it too, a folder for each worker")
        return self


Form = Literal["auto", "none", "connect", "debezium", "flattened", "cloudevents"]


def _section_of(source: Source) -> type[BaseModel]:
    """Return the settings of one source: its own options, and the topic that it is read from."""
    topic = Field(
        None,
        pattern=rf"^{TOPIC_NAME}{{1,249}}$",
        description="topic of its records, as it is called on the broker; unset: read from files only",
    )
    envelope = Field(AUTO, description="what its records are wrapped in; auto: whatever is recognised")
    return create_model(
        f"{source.options.__name__}OfTopic",
        __base__=source.options,
        # Each field has its description. To look for others in a source that a made class has not cost 0.2 s a start.
        __cls_kwargs__={"use_attribute_docstrings": False},
        topic=(str | None, topic),
        envelope=(Form, envelope),
    )


def encoding_of_text(name: str) -> str:
    """Return the name of an encoding of text; raise `ValueError` for one that is none, or that is not like ASCII."""
    ascii_text = 'az09,;"+~\\\n'
    try:
        if ascii_text.encode(name) == ascii_text.encode("ascii"):
            return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        pass
    raise ValueError(f"{name} is no encoding of a CSV: write one such as windows-1252 or iso-8859-15; UTF-16 is known")


class SourcesSettings(Section):
    """Systems whose records are read: a section each, by the names of `sources.SOURCES`."""

    log: str | None = Field(
        None,
        description="source of the log files that commands read, as --source names it; unset: Backstay's events",
    )
    csv_delimiter: str = Field(
        "", description="character between the columns of a CSV, as --csv-delimiter names it; empty: recognised"
    )
    csv_encoding: str = Field("", description="encoding of a CSV without a byte order mark; empty: UTF-8")

    @field_validator("csv_delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = "\t" if value == "\\t" else value
        if len(value) > 1 or value in {'"', "\r", "\n", "\0"}:
            raise ValueError(f"{value!r} is no delimiter: write one character, or \\t for a tab")
        return value

    @field_validator("csv_encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        return encoding_of_text(value) if value else value

    @field_validator("log")
    @classmethod
    def _known_source(cls, value: str | None) -> str | None:
        names = [source.name for source in SOURCES]
        if value is not None and value.partition(".")[0] not in names:
            raise ValueError(unknown("source", value, names))
        return value

    @model_validator(mode="after")
    def _known_topic(self) -> "SourcesSettings":
        """Raise an error for a source with a topic that no option names."""
        names = list(dict.fromkeys([*(source.name for source in SOURCES), *self.topics()]))
        if self.log is not None and self.log not in names:
            raise ValueError(f"log: {unknown('source', self.log, names)}")
        return self

    @model_validator(mode="after")
    def _topics_apart(self) -> "SourcesSettings":
        """Raise an error for two sources on one topic: no record says which of them it is of."""
        taken: dict[str, str] = {}
        for name, topic in self.topics().items():
            if topic in taken:
                raise ValueError(f"{name}.topic: {topic} is that of {taken[topic]}: give each source its own topic")
            taken[topic] = name
        return self

    def topics(self) -> dict[str, str]:
        """Return the topics that are configured, by the names of their sources."""
        found = {source.name: getattr(self, source.name).topic for source in SOURCES}
        for source in SOURCES:
            further = source.apart(getattr(self, source.name)) if source.apart is not None else {}
            found |= {f"{source.name}.{topic}": topic for topic in further}
        return {name: topic for name, topic in found.items() if topic is not None}


if TYPE_CHECKING:
    EverySource = SourcesSettings
else:
    EverySource = create_model(
        "EverySource",
        __base__=SourcesSettings,
        **{
            source.name: (section, Field(section(), description=source.help))
            for source in SOURCES
            for section in [_section_of(source)]
        },
    )


class Settings(BaseSettings):
    """All settings. Environment: BACKSTAY_KAFKA__BOOTSTRAP_SERVERS and so on; it wins over the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    deployment: str = Field(
        "local",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
        description="name of this deployment, in `ce_source` and in the label `deployment` of every metric",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe messages to log")
    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    metrics: MetricSettings = MetricSettings()
    time: TimeSettings = TimeSettings()
    signals: dict[str, SignalSettings] = {}
    actions: ActionSettings = ActionSettings()
    risk: RiskSettings = RiskSettings()
    segments: dict[str, SegmentSettings] = Field(
        default_factory=dict,
        description="attributes of `customer.updated` to split figures by, as in segments.country.values = "
        '["ES", "IT"]; only these are kept of a customer. A name with a dot stands in quotes: '
        'segments."customer.tier".values',
    )
    sources: EverySource = EverySource()
    registry: RegistrySettings = RegistrySettings()
    privacy: PrivacySettings = PrivacySettings()
    state: StateSettings = StateSettings()
    web: WebSettings = WebSettings()
    console: ConsoleSettings = ConsoleSettings()
    alerts: AlertSettings = AlertSettings()
    webhooks: Annotated[dict[str, EndpointSettings], AfterValidator(checked_endpoints)] = Field(
        default_factory=dict, description="endpoints that outputs are delivered to, as in webhooks.crm.url = …"
    )
    _weights: Weights = PrivateAttr(default_factory=Weights)
    _model: Model | None = PrivateAttr(default=None)

    @field_validator("signals", mode="before")
    @classmethod
    def _as_shells_write_them(cls, value: object) -> object:
        """Read BACKSTAY_SIGNALS__NO_LOGIN__ENABLED: the names of variables have no hyphens."""
        return {name.replace("_", "-"): said for name, said in value.items()} if isinstance(value, dict) else value

    @field_validator("signals")
    @classmethod
    def _known_signals(cls, value: dict[str, SignalSettings]) -> dict[str, SignalSettings]:
        signals = {signal.name: signal for signal in SIGNALS}
        for name, said in value.items():
            if name not in signals:
                raise ValueError(unknown("signal", name, signals))
            if signals[name].is_opportunity and (said.severity or said.escalate_after_days):
                raise ValueError(
                    f"{name} is an opportunity, which has no severity: leave out severity and escalate_after_days"
                )
            declared = [threshold for threshold, _ in signals[name].default.thresholds]
            for threshold in said.thresholds.keys() - set(declared):
                raise ValueError(f"{name}: {unknown('threshold', threshold, declared)}")
            for threshold, number in said.thresholds.items():
                wrong = wrong_with(threshold, number)
                if wrong is not None:
                    raise ValueError(f"{name}: thresholds.{threshold}: {wrong}")
        return value

    @field_validator("segments")
    @classmethod
    def _usable_attributes(cls, value: dict[str, SegmentSettings]) -> dict[str, SegmentSettings]:
        for name in value:
            if name == ALL or is_set_elsewhere(name):
                known = "it is every customer" if name == ALL else "metrics.plans lists the plans"
                raise ValueError(f"{name} is no attribute of customer.updated: {known}")
            if re.fullmatch(ATTRIBUTE, name) is None:
                raise ValueError(
                    f"{name!r} cannot name an attribute: write 1 to 64 letters and digits; _ . - may follow the first"
                )
        if len(value) > MOST_ATTRIBUTES:
            raise ValueError(f"{len(value)} attributes: at most {MOST_ATTRIBUTES} can be kept of a customer")
        return dict(sorted(value.items()))

    @model_validator(mode="after")
    def _has_keys_that_cannot_be_guessed(self) -> "Settings":
        """Raise an error for a short key: the ids behind pseudonyms could be found by trying all such keys."""
        sections = {
            "privacy": self.privacy,
            **{f"sources.{one.name}": getattr(self.sources, one.name) for one in SOURCES},
        }
        for place, section in sections.items():
            key: SecretStr | None = getattr(section, "pseudonym_key", None)
            length = len(key.get_secret_value()) if key is not None else SHORTEST_KEY
            if length < SHORTEST_KEY:
                raise ValueError(
                    f"{place}.pseudonym_key: it has {length} of at least {SHORTEST_KEY} characters, and a short one is "
                    "found by trying. Draw one at random: `openssl rand -hex 32` prints one. Do not change a key "
                    "in use without need: customers who were erased under it are not recognised under another one"
                )
        return self

    @model_validator(mode="after")
    def _has_a_key_for_pseudonyms_that_are_sent(self) -> "Settings":
        """Raise an error for an endpoint that gets pseudonyms without a key: they would follow from the ids."""
        named = [name for name, one in self.webhooks.items() if one.customer_ids == "pseudonym"]
        if named and self.privacy.pseudonym_key is None:
            raise ValueError(
                f"webhooks.{named[0]}.customer_ids: without privacy.pseudonym_key pseudonyms can be guessed. Set it "
                "for all processes, workers too (`openssl rand -hex 32` prints one), or write none"
            )
        return self

    @model_validator(mode="after")
    def _reads_calendar(self) -> "Settings":
        """Read the file that a setting names, once: what it contains is policy."""
        try:
            self._weights = checked_weights(self.time.calendar, self.metrics.zone)
        except Unfit as error:
            raise ValueError(f"time.calendar: {error}") from error
        return self

    @model_validator(mode="after")
    def _reads_model(self) -> "Settings":
        """Read the file of the model, once."""
        try:
            self._model = checked_model(self.risk.model, self.metrics.basis, self.risk.horizon_days)
        except Unfit as error:
            raise ValueError(f"risk.model: {error}") from error
        return self

    @model_validator(mode="after")
    def _filters_by_segments_that_there_are(self) -> "Settings":
        """Raise an error for a filter by an unknown segment. A file of webhooks alone need not have segments at all."""
        if self.segments:
            policy = self.policy()
            require_segments(self.webhooks, {one.by: (*one.values(policy), OTHER) for one in segments_of(policy)})
        return self

    @model_validator(mode="after")
    def _reaches_back(self) -> "Settings":
        """Raise an error for a horizon that closes a period to late events before it is final."""
        metrics, late = self.metrics, ceil(self.time.lateness * SECOND / DAY)
        policy = self.policy()
        window, measure = max((one.window(policy), one.name) for one in MEASURES)
        needed = {name: KIND_OF[name].least_horizon(window + late) for name in metrics.periods}
        kind = max(needed, key=lambda name: needed[name])
        if needed[kind] > metrics.horizon_months:
            counts = f"orders count for {window} days (metrics.purchase_window_days)"
            if window != metrics.purchase_window_days:
                counts = f"figures of {measure} count what happened up to {window} days before"
            raise ValueError(
                f"metrics.horizon_months: {metrics.horizon_months} months are too few for metrics.periods with {kind}: "
                f"{counts} and a {kind} is final {late} days after its end (time.lateness), which takes "
                f"{needed[kind]} months"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only what `read_settings` has merged, because it decides which source wins."""
        return (init_settings,)

    def options_of(self, source: Source) -> Options:
        """Return the options of a source. A key for pseudonyms that it lacks is that of `privacy`."""
        said = getattr(self.sources, source.name)
        own = {name: getattr(said, name) for name in source.options.model_fields}
        if "pseudonym_key" in own and own["pseudonym_key"] is None:
            own["pseudonym_key"] = self.privacy.pseudonym_key
        return source.options.model_construct(**own)

    def readers(self, schemas: Schemas = NO_SCHEMAS) -> dict[str, tuple[Source, Options]]:
        """Return all sources by name, each with its options. One that reads several topics is several of them."""
        found = {source.name: (source, self.options_of(source)) for source in SOURCES}
        for source, options in list(found.values()):
            for topic, own in (source.apart(options) if source.apart is not None else {}).items():
                name = f"{source.name}.{topic}"
                found[name] = replace(source, name=name), own
        return {name: (self._opened(source, schemas), options) for name, (source, options) in found.items()}

    def _opened(self, source: Source, schemas: Schemas) -> Source:
        """Return a source as it reads records in the envelope of its settings."""
        return through(source, getattr(self.sources, source.name.partition(".")[0]).envelope, schemas)

    def policy(self) -> Policy:
        """Return the settings that decide what events mean."""
        metrics = self.metrics
        return Policy(
            zone=metrics.zone,
            fiscal_start_month=metrics.fiscal_start_month,
            basis=metrics.basis,
            purchase_window_days=metrics.purchase_window_days,
            pause_limit=metrics.pause_limit_days * DAY,
            grace=metrics.grace_days * DAY,
            disorder=round(self.time.disorder * SECOND),
            lateness=round(self.time.lateness * SECOND),
            horizon_months=metrics.horizon_months,
            low_sample=metrics.low_sample,
            periods=metrics.periods,
            plans=metrics.plans,
            milestones=metrics.milestones,
            currency=metrics.currency,
            stickiness=metrics.stickiness,
            segments=tuple((name, said.values) for name, said in self.segments.items()),
            consent=self.actions.consent,
            message_gap=self.actions.min_hours_between * HOUR,
            messages_in_30_days=self.actions.most_in_30_days,
            deliveries_reported=self.actions.deliveries_reported,
            weights=self._weights,
            medium_from=self._model.medium_from if self._model is not None else round(self.risk.medium * STEPS),
            high_from=self._model.high_from if self._model is not None else round(self.risk.high * STEPS),
            model=self._model,
            signals={signal.name: _tuned(signal.default, self.signals.get(signal.name)) for signal in SIGNALS},
        )


def _tuned(default: SignalPolicy, said: SignalSettings | None) -> SignalPolicy:
    if said is None:
        return default
    chosen = said.model_dump(exclude_none=True, exclude={"thresholds"})
    return replace(default, **chosen, thresholds=tuple((dict(default.thresholds) | said.thresholds).items()))
