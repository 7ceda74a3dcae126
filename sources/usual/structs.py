"""The fields of usual records, by source. Of a field that makes a record another one only its presence matters."""

from typing import Any

from msgspec import UNSET, Raw, UnsetType, field

from sources.structs import Part


class Bare(Part, kw_only=True):
    """Lacks the marks of a row that Debezium has flattened, and is no heartbeat of ours: others decide about those."""

    deleted: Raw | UnsetType = field(default=UNSET, name="__deleted")
    added_op: Raw | UnsetType = field(default=UNSET, name="__op")
    type: Any = UNSET
    """Text, where a source has that; else JSON."""


class Call(Bare):
    """A track of Segment or RudderStack."""

    type: str
    event: str
    userId: str  # noqa: N815 - as it is called
    messageId: str  # noqa: N815
    timestamp: str
    properties: Raw
    batch: Raw | UnsetType = UNSET


class Captured(Bare):
    """An event of PostHog."""

    event: str
    distinct_id: str
    uuid: str
    timestamp: str
    properties: Raw
    batch: Raw | UnsetType = UNSET


class Logged(Bare):
    """An event of Amplitude."""

    event: str = field(name="event_type")
    user_id: str
    properties: Raw = field(name="event_properties")
    event_time: str | None = None
    time: int | None = None
    insert_id: str | None = None
    own_insert_id: str | None = field(default=None, name="$insert_id")
    uuid: str | None = None
    currency: Raw | UnsetType = UNSET
    revenue: Raw | UnsetType = UNSET
    events: Raw | UnsetType = UNSET


class Sent(Bare):
    """An event of Mixpanel."""

    event: str
    properties: Raw


class Product(Part):
    """A line of an order or of a cart."""

    sku: str | None = None
    product_id: str | None = None
    productId: str | None = None  # noqa: N815
    category: str | None = None
    quantity: Raw | UnsetType = UNSET
    price: str | int | float | None = None
