"""`backstay doctor` is not green where a worker would end, nor where records would be refused."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner

from streams.app import build
from streams.broker import Broker
from streams.checks import CHECKS, Outcome, examined
from streams.cli.commands import backstay
from streams.errors import BadSettings, LogGap, StateBehind, TopicsUnfit
from streams.folder import hold
from streams.rebuild import rebuild
from streams.setting_sources import read_settings
from streams.settings import Settings, StateSettings
from streams.topics import ACTIONS, CHANGELOG, REKEYED, Topic
from tests.building import Log, at
from tests.kafka.runs import settled
from tests.kafka.test_operators import LOGINS, delete_before, drop, ends_of
from tests.running import send, worked_off
from tests.webhooks.building import SECRET, signal
from tests.webhooks.listener import Listener
from tests.webhooks.running import Clock, at_rest, publish, running, until

pytestmark = pytest.mark.kafka


async def configure(broker: Broker, topic: Topic, **config: str) -> None:
    admin = await broker.admin()
    configs = topic.config | {name.replace("_", "."): value for name, value in config.items()}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, broker.topic(topic), configs=configs)])
    await admin.close()


async def write(settings: Settings, family: str, *events: dict[str, Any]) -> None:
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    for event in events:
        await producer.send_and_wait(broker.topic_named(family), json.dumps(event).encode())
    await producer.stop()


def login(**others: str) -> dict[str, str]:
    common = {"type": "login.succeeded", "event_id": "e-1", "customer_id": "c-1"}
    return common | {"occurred_at": datetime.now(UTC).isoformat()} | others


async def of(settings: Settings, name: str) -> Outcome:
    return next(one for one in await examined(Broker(settings)) if one.name == name)


def by_the_wall(settings: Settings) -> Settings:
    """Return settings of a live worker: those of tests go by the log, of which the doctor warns."""
    return settings.model_copy(update={"time": settings.time.model_copy(update={"clock": "wall"})})


@pytest.mark.timeout(120)
async def test_where_a_worker_would_start_everything_is_green(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await write(settings, "logins", login())
    await settled(settings)

    found = await examined(Broker(by_the_wall(settings)))

    assert [one.name for one in found] == [check.name for check in CHECKS]
    assert not any(one.code or one.warns for one in found), found


@pytest.mark.timeout(120)
async def test_a_changelog_that_is_deleted_in_time_and_a_short_rekeyed_are_faults(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()

    await configure(broker, CHANGELOG, cleanup_policy="compact,delete")
    deleted = await of(settings, "retention")
    await configure(broker, CHANGELOG)
    await configure(broker, REKEYED, retention_ms="60000")
    short = await of(settings, "retention")

    assert deleted.code == short.code == TopicsUnfit.exit_code
    assert "cleanup.policy = compact,delete" in deleted.says
    assert "for 1 min" in short.says


@pytest.mark.timeout(120)
async def test_recommendations_that_are_deleted_while_they_hold_are_a_warning(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    kept = await of(settings, "retention")

    await configure(broker, ACTIONS, retention_ms=str(14 * 24 * 3_600_000))
    short = await of(settings, "retention")
    printed = await asyncio.to_thread(CliRunner().invoke, backstay, ["topics", "create", *naming(settings)])

    assert not kept.warns
    assert (short.warns, short.code) == (True, 0)
    assert short.says.startswith(f"{broker.topic(ACTIONS)} keeps its records for 14 days")
    assert printed.output == f"every topic exists already\n{short.says}\n"


def naming(settings: Settings) -> list[str]:
    """Return the options by which a command finds the same broker and topics."""
    chosen = {"kafka.bootstrap_servers": settings.kafka.bootstrap_servers, "topics.prefix": settings.topics.prefix}
    return [word for name, value in chosen.items() for word in ("--set", f"{name}={value}")]


@pytest.mark.timeout(120)
async def test_a_topic_that_the_broker_does_not_create_ends_in_a_sentence(settings: Settings) -> None:
    wide = settings.model_copy(update={"topics": settings.topics.model_copy(update={"replication": 9})})

    with pytest.raises(TopicsUnfit, match=r"did not create the topic .*: .*replication"):
        await Broker(wide).create_topics()


@pytest.mark.timeout(120)
async def test_a_rebuild_of_a_changelog_that_the_broker_does_not_create_ends_in_a_sentence(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await drop(Broker(settings), CHANGELOG)
    wide = settings.model_copy(update={"topics": settings.topics.model_copy(update={"replication": 9})})

    with pytest.raises(TopicsUnfit, match=r"did not create the topic .*customers-changelog: .*replication"):
        await rebuild(Broker(wide))


@pytest.mark.timeout(120)
async def test_two_groups_on_one_prefix_are_a_fault(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await write(settings, "logins", login())
    await settled(settings)
    other = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"group": "another"})})

    found = await of(other, "groups")

    assert found.code == TopicsUnfit.exit_code
    assert f"the groups {settings.kafka.group} and another write the same topics" in found.says


@pytest.mark.timeout(120)
async def test_records_that_would_be_dead_letters_are_counted_and_not_shown(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await write(settings, "logins", login(), login(customer_id="secret@x.com"), login(type="secret.kind"))
    await write(settings, "purchases", login())

    found = await of(settings, "inputs")

    names = {family: Broker(settings).topic_named(family) for family in ("logins", "purchases")}
    assert found.warns
    assert not found.code
    assert "of 4 of the newest records" in found.says
    assert f"1 contract on {names['logins']}, 1 unknown_type on {names['logins']}" in found.says
    assert f"1 unknown_type on {names['purchases']}" in found.says
    assert "secret" not in found.says


@pytest.mark.timeout(120)
async def test_a_folder_that_another_worker_has_is_a_fault_as_for_a_worker(settings: Settings, tmp_path: Path) -> None:
    await Broker(settings).create_topics()
    on_disk = settings.model_copy(update={"state": StateSettings(dir=tmp_path)})

    free = await of(on_disk, "state")
    held = hold(tmp_path)
    used = await of(on_disk, "state")
    with pytest.raises(BadSettings, match="used by another worker"):
        await build(on_disk)

    assert held
    assert (free.code, used.code) == (0, BadSettings.exit_code)


@pytest.mark.timeout(120)
async def test_requests_that_never_took_effect_are_kept_beside_the_states(settings: Settings) -> None:
    """Of a worker that takes up sums and counts as they were kept: it reads no customer for that."""
    await Broker(settings).create_topics()
    logs = [Log(f"c-{n}").starts(0).add("cancellation.requested", 5, subscription_id="s-1") for n in range(9)]
    await send(settings, [text for log in logs for text in log.lines()], at(40))
    await settled(settings)

    found = await of(settings, "positions")
    again: list[int] = []
    await worked_off(
        settings, lambda worker: again.append(sum(d.partition_state.without_effect for d in worker.processors()))
    )

    assert found.warns
    assert found.says.startswith("cancellation requests that never took effect: 9.")
    assert again == [9]


async def test_beside_a_worker_that_is_starting_everything_is_green(settings: Settings) -> None:
    """Its groups are new to the broker: for a moment they have no coordinator, and that is no fault."""
    await Broker(settings).create_topics()

    working = asyncio.ensure_future(worked_off(settings))
    found = [one for _ in range(4) for one in await examined(Broker(by_the_wall(settings)))]
    await working

    assert not [one for one in found if one.code or one.warns]


@pytest.mark.timeout(120)
async def test_a_changelog_that_was_created_anew_is_a_fault_as_for_a_worker(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await write(settings, "logins", login())
    await settled(settings)
    whole = await of(settings, "positions")

    await broker.recreate(CHANGELOG, await broker.partitions())
    behind = await of(settings, "positions")

    assert (whole.code, behind.code) == (0, StateBehind.exit_code)
    assert "backstay rebuild" in behind.says
    with pytest.raises(StateBehind):
        await worked_off(settings)


@pytest.mark.timeout(120)
async def test_records_that_are_gone_unread_are_a_fault_as_for_a_worker(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await write(settings, "logins", login())
    await settled(settings)
    await write(settings, "logins", *(login(event_id=f"e-{n}", customer_id=f"c-{n}") for n in range(20)))
    await delete_before(broker, LOGINS, await ends_of(broker, LOGINS))

    gone = await of(settings, "positions")

    assert gone.code == LogGap.exit_code
    assert "were deleted before they were read" in gone.says
    assert "backstay accept-gap" in gone.says


@pytest.mark.timeout(120)
async def test_of_families_on_one_topic_each_record_is_judged_by_its_own(settings: Settings) -> None:
    names = dict.fromkeys(("logins", "purchases", "tickets"), f"{settings.topics.prefix}events")
    shared = settings.model_copy(update={"topics": settings.topics.model_copy(update={"names": names})})
    await Broker(shared).create_topics()
    order = login(type="purchase.completed", order_id="o-1", amount="10", currency="EUR")
    await write(shared, "logins", login(), order, login(type="ticket.opened", ticket_id="t-1"))
    good = await of(shared, "inputs")

    await write(shared, "logins", order | {"amount": "-1"}, login(type="subscription.paused", subscription_id="s-1"))
    bad = await of(shared, "inputs")

    topic = names["logins"]
    assert (good.warns, good.says) == (False, "3 of the newest records can be used")
    assert (
        f"of 5 of the newest records these would become dead letters: 1 contract on {topic}, 1 unknown_type" in bad.says
    )


@pytest.mark.timeout(120)
async def test_the_process_of_webhooks_is_missed_and_how_far_behind_it_is(settings: Settings) -> None:
    async with Listener() as listener:
        said = {f"webhooks.crm.{name}": value for name, value in (("url", listener.url), ("secrets", SECRET))}
        endpoints = read_settings(overrides=said | {"webhooks.crm.allow_private": "127.0.0.1"}).webhooks
        listening = settings.model_copy(update={"webhooks": endpoints})
        await Broker(listening).create_topics()

        missed = await of(listening, "webhooks")
        async with running(listening, Clock()) as process:
            await publish(listening, [signal("id-1")])
            await until(lambda: len(listener.accepted) == 1, process)
            await at_rest(process)
            there = await of(listening, "webhooks")
        await publish(listening, [signal("id-2"), signal("id-3")])
        behind = await of(listening, "webhooks")

    group = f"{settings.kafka.group}-webhooks"
    assert (missed.warns, missed.code) == (True, 0)
    assert f"no process is in the group {group}" in missed.says
    assert (there.warns, there.says) == (False, "1 process delivers, 0 records behind; crm: 0 deliveries wait")
    assert f"no process is in the group {group}" in behind.says
