"""Tests of doubts about records of sources: counted by few names, logged seldom, and their events count."""

import json
import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from agents.foreign import Translating
from retention.features import REGISTER
from sources import SOURCES
from sources.base import Foreign, Options, Source, Translation, Unreadable
from sources.doubts import BETWEEN, NAMES, OTHER, names_of
from streams.doubt_log import EVERY, DoubtLog
from streams.gauges import Gauges
from streams.listener import Listener
from tests.building import Log
from tests.homes import Homes
from tests.test_foreign_records import TOPIC, envelope, homes
from tests.test_sources import options_of, samples

ALL = {*NAMES.values(), OTHER, *REGISTER.doubts}


class Noted(Listener):
    """Counts the doubts that it hears of."""

    def __init__(self) -> None:
        self.doubts: Counter[tuple[str, str]] = Counter()

    def doubted(self, topic: str, doubt: str) -> None:
        self.doubts[topic, doubt] += 1


def noting(company: Homes) -> Noted:
    noted = Noted()
    for processor in company.processors:
        processor.listener = noted
    return noted


def test_each_doubt_has_a_name_of_its_own_that_a_label_may_have() -> None:
    assert len(set(NAMES.values())) == len(NAMES)
    assert len(ALL) == len(NAMES) + 1 + len(REGISTER.doubts)
    assert all(re.fullmatch("[a-z_]+", name) for name in ALL)
    assert not any(BETWEEN in sentence for sentence in NAMES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name)
def test_what_a_source_doubts_about_its_samples_is_in_the_register(source: Source) -> None:
    for document in samples(source):
        for options in options_of(source):
            try:
                found = source.read(Foreign(json.dumps(document).encode()), options)
            except Unreadable:
                continue
            assert OTHER not in (names_of(found.skipped) if found.events else ())


@given(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=5))
def test_each_sentence_of_a_record_counts_once(sentences: list[str]) -> None:
    assert names_of(BETWEEN.join(sentences)) == tuple(dict.fromkeys(NAMES[one] for one in sentences))


def test_doubts_of_a_record_are_counted_once_wherever_its_events_live() -> None:
    company = homes(3)
    noted = noting(company)
    said = BETWEEN.join(list(NAMES)[:2])

    def doubtful(foreign: Any, _: Options) -> Translation:
        return Translation(tuple(json.loads(foreign.value)["events"]), said)

    source = Source("segment", "doubtful", ("1",), ("nowhere",), Options, doubtful, lambda _: frozenset({"logins"}))
    company.readers[TOPIC] = Translating(source, Options(), {k: v for k, v in company.readers.items() if k != TOPIC})
    events = [event for name in ("c-1", "c-2", "c-3", "c-4") for event in Log(name).login(1).events]

    company.read_foreign(TOPIC, envelope(*events), 0)
    company.read_foreign(TOPIC, envelope(), 1)  # skipped, with a reason, which is no doubt
    company.settle()

    assert noted.doubts == {(TOPIC, name): 1 for name in list(NAMES.values())[:2]}
    assert company.counted(TOPIC, "applied") == 4
    assert company.counted(TOPIC, "skipped") == 1


def test_a_second_event_of_an_order_is_doubtful_and_the_same_event_again_is_not() -> None:
    company = homes(2)
    noted = noting(company)
    first, second = Log("c-1").buys(1, "o-1").buys(1.5, "o-1", amount="7").events
    other = Log("c-2").buys(1, "o-1").events[0]
    away = (company.home("c-1") + 1) % 2
    for event in (first, first, other):
        company.read_foreign(TOPIC, envelope(event), away)
    company.settle()
    assert not noted.doubts

    for _ in range(2):
        company.read_foreign(TOPIC, envelope(second), away)
    company.read(second)  # on a topic of ours nothing is doubted
    company.settle()

    assert noted.doubts == {(TOPIC, "order_again"): 2}
    assert company.counted(TOPIC, "duplicate") == 3


def test_the_counter_has_every_doubt_of_a_source_from_the_start() -> None:
    gauges = Gauges()
    gauges.expect_doubts("sources.stripe")
    heard: list[tuple[str, str]] = []
    gauges.on_doubt = lambda topic, doubt: heard.append((topic, doubt))
    gauges.doubted("sources.stripe", "tax_included")

    text = generate_latest(gauges.exposed).decode()
    found = dict(re.findall(r'^backstay_source_doubts_total{.*doubt="(\w+)".*} (\S+)$', text, re.MULTILINE))
    assert found == {name: "1.0" if name == "tax_included" else "0.0" for name in ALL}
    assert heard == [("sources.stripe", "tax_included")]


def test_doubts_are_logged_at_the_first_and_then_together_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    now = [5.0]
    log = DoubtLog(lambda: now[0])
    caplog.set_level(logging.WARNING)

    for now[0] in (5.0, 6.0, 5.0 + EVERY - 1):
        log.take("sources.stripe", "tax_included")
    log.take("sources.shop", "order_again")
    assert len(caplog.messages) == 1
    assert "sources.stripe tax_included: 1." in caplog.messages[0]

    now[0] = 5.0 + EVERY
    log.take("sources.stripe", "tax_included")
    assert len(caplog.messages) == 2
    assert "sources.shop order_again: 1, sources.stripe tax_included: 3." in caplog.messages[1]


def test_the_documents_name_each_doubt() -> None:
    page = (Path(__file__).parents[1] / "docs/sources/README.md").read_text().partition("## Doubts")[2]

    assert [name for name in sorted(ALL) if f"`{name}`" not in page] == []
