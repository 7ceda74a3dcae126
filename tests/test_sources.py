"""Sources: whatever a record of another system holds, events of ours follow, or an error that quotes nothing of it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decoding import Decoder
from schemas.families import FAMILIES, TOPIC_OF
from sources import SOURCES
from sources.base import Foreign, Made, Options, Source, Translation, Unreadable
from sources.envelopes.opening import through
from streams.errors import BadSettings
from streams.setting_sources import read_settings

SAMPLES = Path(__file__).parent / "sources"
SAID: dict[str, dict[str, Any]] = {
    "segment": {
        "tracks": {"Plan Upgraded": "milestone.reached"},
        "others": "feature.used",
        "pages": "content.viewed",
        "attributes": ["plan", "country", "age", "email"],
        "pseudonym_key": "key of the company",
    },
    "zendesk": {
        "topics": {"delivery_problem": "delivery", "billing_problem": "billing"},
        "topic_field": 360012345,
        "escalation_groups": [777],
        "bots": ["42"],
        "pseudonym_key": "key of the company",
    },
    "posthog": {
        "tracks": {"Plan Upgraded": "milestone.reached"},
        "others": "feature.used",
        "pages": "content.viewed",
        "attributes": ["plan", "country", "age", "email"],
        "surveys": {"s-nps": "nps"},
        "experiments": ["onboarding-test"],
        "aliases": True,
        "pseudonym_key": "key of the company",
    },
    "amplitude": {
        "tracks": {"Plan Upgraded": "milestone.reached"},
        "others": "feature.used",
        "pages": "content.viewed",
        "attributes": ["plan", "country", "age", "email"],
        "experiments": ["onboarding-test"],
        "pseudonym_key": "key of the company",
    },
    "mixpanel": {
        "tracks": {"Plan Upgraded": "milestone.reached"},
        "others": "feature.used",
        "pages": "content.viewed",
        "attributes": ["plan", "country", "age", "$email"],
        "experiments": ["onboarding-test"],
        "aliases": True,
        "pseudonym_key": "key of the company",
    },
    "mapping": {
        "pseudonym_key": "key of the company",
        "times": {"unit": "milliseconds", "zone": "Europe/Madrid"},
        "events": [
            {
                "when": "kind == 'order' && status == 'paid'",
                "type": "purchase.completed",
                "event_id": ["id", "status"],
                "customer_id": "user.id",
                "occurred_at": "created",
                "fields": {
                    "order_id": "id",
                    "amount": {"path": "total_cents", "unit": "smallest"},
                    "currency": "cur",
                    "items": {"path": "lines[].{sku: sku, quantity: qty, price: cents}", "unit": "cents"},
                    "channel": {"value": "shop"},
                },
            },
            {
                "when": "kind == 'order' && status == 'refunded'",
                "type": "purchase.refunded",
                "event_id": ["id", "status"],
                "customer_id": "user.id",
                "occurred_at": "created",
                "fields": {"order_id": "id", "amount": {"path": "total_cents", "unit": "cents"}, "currency": "cur"},
            },
            {
                "when": "kind == 'abo' && seats > `0`",
                "type": "subscription.started",
                "event_id": "id",
                "customer_id": "user.id",
                "occurred_at": {"path": "created", "unit": "seconds"},
                "fields": {
                    "subscription_id": "id",
                    "mrr": {"path": "price", "unit": "thousandths"},
                    "currency": {"value": "EUR"},
                    "plan": {"path": "plan", "words": {"3": "pro"}},
                    "seats": "seats",
                    "term_end": "ends",
                },
            },
            {
                "when": "kind == 'abo'",
                "type": "feature.used",
                "event_id": "id",
                "customer_id": "user.id",
                "occurred_at": {"path": "created", "unit": "seconds"},
                "fields": {"feature": {"value": "checkout"}},
            },
            {
                "when": "kind == 'leave'",
                "type": "cancellation.requested",
                "event_id": "id",
                "customer_id": "user.id",
                "occurred_at": "created",
                "fields": {
                    "subscription_id": "abo",
                    "reason": {"path": "why", "words": {"zu teuer": "price"}},
                },
            },
            {
                "when": "kind == 'profile'",
                "type": "customer.updated",
                "customer_id": "user.id",
                "occurred_at": "created",
                "fields": {
                    "user_id": {"path": "user.tel", "pseudonym": True},
                    "attributes": "{country: at.land, size: at.size, vip: at.vip, mail: at.mail}",
                },
            },
            {
                "when": "kind == 'help'",
                "type": "ticket.opened",
                "event_id": "join(':', ['ticket', id])",
                "customer_id": "user.id",
                "occurred_at": "created",
                "fields": {
                    "ticket_id": "id",
                    "topic": "about",
                    "text": "text",
                    "priority": {"path": "urgent", "words": {"1": "urgent"}},
                },
            },
        ],
    },
}
"""Options under which the samples of a source are read, besides its defaults."""
DECODERS = {family.topic: Decoder(family) for family in FAMILIES}
ENCODE = msgspec.json.Encoder(decimal_format="number").encode
"""As agents write them: a number with decimals is no float."""
MARK = "zq-7-nobody-says-this"
MARKED = (
    MARK,
    f"{MARK}@x.example",
    98_765_432_109,
    -98_765_432_109,
    987_654.321987,
    [MARK],
    {MARK: MARK},
    "",
    None,
    True,
)
MARKS = (MARK, "98765432109", "987654.32")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def samples(source: Source) -> list[Any]:
    """Return the records that stand for a source: one JSON document a line of tests/sources/NAME.jsonl."""
    return [json.loads(one) for one in (SAMPLES / f"{source.name}.jsonl").read_text().splitlines()]


def options_of(source: Source) -> list[Options]:
    return [source.options(), source.options.model_validate(SAID.get(source.name, {}))]


def outcome(source: Source, value: bytes | None, options: Options) -> Translation | str:
    """Return what a source makes of a value: events, or the text of its refusal. Nothing else may be raised."""
    try:
        return through(source, "none").read(Foreign(value, (), None, 1_800_000_000_000), options)
    except Unreadable as refused:
        refusal = refused
    assert refusal.source == source.name
    assert refusal.path
    assert refusal.remedy
    return str(refusal)


def require_lawful(found: Translation | str) -> None:
    """Check the events of one record: contracts, ids, order."""
    if isinstance(found, str):
        return
    assert found.events or found.skipped  # with events, `skipped` is a doubt about them
    ids = [one["event_id"] for one in found.events]
    assert len(ids) == len(set(ids))
    read = [DECODERS[TOPIC_OF[str(one["type"])]].read(ENCODE(one)) for one in found.events]
    assert [event.event_id for event, _ in read] == ids
    for one, (event, at) in zip(found.events, read, strict=True):
        if isinstance(one, Made):  # what it carries is what would be made of it (docs/decisions/0084)
            assert (one.text, one.event, one.at) == (ENCODE(dict(one)), event, at)
    instants = [at for _, at in read]
    for at in set(instants):
        of_it = [ident for ident, when in zip(ids, instants, strict=True) if when == at]
        assert of_it == sorted(map(str, of_it))  # events of one instant are applied in the order of their ids


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of every value inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, one in inside for found in paths(one, (*path, name)))]


def changed(document: Any, path: tuple[Any, ...], value: Any, *, gone: bool = False) -> Any:
    """Return a document with another value at a path, or without the field."""
    if not path:
        return value
    copy = json.loads(json.dumps(document))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    if gone:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


def test_the_names_of_sources_are_settings_of_their_own() -> None:
    names = [source.name for source in SOURCES]

    assert len(names) == len(set(names))
    for source in SOURCES:
        assert source.name.isidentifier()
        assert source.name == source.name.lower()
        assert source.help
        assert source.versions
        assert source.documented
        assert source.options().model_dump() is not None  # every option has a default
        described = {name: field.description for name, field in source.options.model_fields.items()}
        assert [name for name, text in described.items() if not text] == []
        assert "topic" not in described


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@given(value=st.none() | st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_bytes_are_events_or_a_refusal(source: Source, value: bytes | None) -> None:
    for options in options_of(source):
        require_lawful(outcome(source, value, options))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_sample_becomes_what_its_contract_accepts(source: Source) -> None:
    found = [outcome(source, json.dumps(one).encode(), options_of(source)[1]) for one in samples(source)]

    assert [one for one in found if isinstance(one, str)] == []
    assert sum(len(one.events) for one in found if isinstance(one, Translation)) > len(found) / 2
    for one in found:
        require_lawful(one)
    if source.families is not None:
        kinds = {str(event["type"]) for one in found if isinstance(one, Translation) for event in one.events}
        assert {TOPIC_OF[kind] for kind in kinds} <= source.families(options_of(source)[1])


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_value_of_a_record_stands_in_what_is_said_of_it(source: Source) -> None:
    """Each value of each sample is replaced by others of every kind, and left out."""
    for document in samples(source):
        for path in paths(document):
            for place, value in enumerate(MARKED):
                other = changed(document, path, value, gone=bool(path) and place == len(MARKED) - 1)
                text = json.dumps(other).encode()
                for options in options_of(source):
                    found = outcome(source, text, options)
                    assert found == outcome(source, text, options)
                    require_lawful(found)
                    said = found if isinstance(found, str) else found.skipped
                    assert not any(mark in said for mark in MARKS), said


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_halves_of_characters_and_endless_numbers_are_refused_or_read(source: Source) -> None:
    for document in samples(source):
        for path in paths(document):
            for odd in (r'"\ud800"', "1e999999999", "1E+3", "-0.0", "NaN", "9" * 5_000, '"' + "x" * 70_000 + '"'):
                text = json.dumps(changed(document, path, MARK)).replace(f'"{MARK}"', odd).encode()
                for options in options_of(source):
                    require_lawful(outcome(source, text, options))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_half_a_character_is_refused_beside_a_nan_too(source: Source) -> None:
    for document in samples(source):
        for path in paths(document):
            text = json.dumps({**changed(document, path, MARK), "nan": float("nan")} if path else document)
            for options in options_of(source):
                require_lawful(outcome(source, text.replace(f'"{MARK}"', r'"\ud800"').encode(), options))


def test_a_source_that_does_not_exist_gets_the_nearest_name() -> None:
    with pytest.raises(BadSettings, match=r"no setting 'segmnt'; did you mean 'segment'"):
        read_settings(overrides={"sources.segmnt.topic": "events"})
    with pytest.raises(
        BadSettings, match=r"sources\.segment\.topik: there is no setting 'topik'; did you mean 'topic'"
    ):
        read_settings(overrides={"sources.segment.topik": "events"})


def test_the_key_of_pseudonyms_is_that_of_the_company_unless_a_source_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[privacy]\npseudonym_key = "key of the company"\n[sources.segment]\ntopic = "events"\n'
    )
    found = read_settings(tmp_path / "a.toml", {})
    own = read_settings(tmp_path / "a.toml", {"sources.segment.pseudonym_key": "a key of its own"})
    segment = next(source for source in SOURCES if source.name == "segment")
    call = {"type": "track", "event": "Signed In", "userId": "Ana@x.example", "timestamp": "2026-01-01T00:00:00Z"}

    names = [
        segment.read(Foreign(msgspec.json.encode(call)), one.options_of(segment)).events[0]["customer_id"]
        for one in (found, found, own)
    ]

    assert names[0] == names[1] != names[2]
    assert "@" not in str(names[0])
    assert found.sources.topics() == {"segment": "events"}
