"""The parts of webhooks that need no broker: settings, schedule, signatures, filters, bodies, messages, addresses."""

import base64
import hashlib
import hmac
import json
import re
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from retention.calendar import HOUR, SECOND, moment, rfc3339
from retention.policy import SEVERITIES
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from streams.webhook_settings import TYPES
from streams.webhooks.addresses import refusal
from streams.webhooks.answers import Answer, wished
from streams.webhooks.bodies import LARGEST, body_of
from streams.webhooks.delivery import Delivery, Switch, encoded
from streams.webhooks.filters import wants
from streams.webhooks.output import Output, output_of
from streams.webhooks.schedule import JITTER, LONGEST_WISH, TRIES, WAITS, next_try
from streams.webhooks.signing import Signer, new_secret, signer_of
from streams.webhooks.stored import Row, Stored, as_json, rows, when
from streams.webhooks.target import Target
from streams.webhooks.templates import FACTS, SEVERITY, TITLES
from tests.webhooks.building import NOW, OTHER, SECRET, action, endpoint, record, signal


def plain(name: str) -> str:
    return f"pseudonym of {len(name)}"


# -- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (
            {"url": "http://hooks.example.com/x"},
            r'use https, or, for a host of your own network, allow_private = \["hooks',
        ),
        ({"url": "https://user:pass@hooks.example.com/x"}, "leave user and password out"),
        ({"url": "ftp://hooks.example.com"}, "write https://host/path"),
        ({"url": "https://hooks.example.com:0/x"}, "write https://host/path"),
        ({"url": "https://hooks.example.com:99999/x"}, "write https://host/path"),
        ({"url": "https:///x"}, "write https://host/path"),
        ({"url": "https://hooks.exämple.com/"}, "write https://host/path"),
        ({"url": "https://ho oks.example.com/"}, "write https://host/path"),
        ({"url": "https://[::1/"}, "write https://host/path"),
        ({"url": "https://2130706433/"}, "neither a name nor an address"),
        ({"url": "https://127.1/"}, "neither a name nor an address"),
        ({"url": "https://0x7f.0.0.1/"}, "neither a name nor an address"),
        ({"url": "https://x.example.0x7f000001./"}, "neither a name nor an address"),
        ({"url": "https://hooks.example.com/x#y"}, "leave out what follows #"),
        ({"types": "churn_signal.rised"}, "did you mean 'churn_signal.raised'"),
        ({"types": "customer.erased"}, "there is no type"),
        ({"signals": "no-logn"}, "did you mean 'no-login'"),
        ({"metrics": "ndrr"}, "did you mean 'ndr'"),
        ({"bands": "hihg"}, "did you mean 'high'"),
        ({"editions": "finall"}, "did you mean 'final'"),
        ({"severity": "grave"}, "severity"),
        ({"format": "slak"}, "did you mean 'slack'"),
        ({"alow_private": "x"}, "did you mean 'allow_private'"),
        ({"allow_private": "other.example.com"}, "is not the host of the url, hooks.example.com"),
        ({"secrets": "c2VjcmV0"}, "a secret begins with whsec_"),
        ({"secrets": "whsec_c2VjcmV0"}, "24 to 64 bytes, this one 6"),
        ({"secrets": "whsec_no base64!"}, "is not base64"),
        ({"secrets": ""}, "there has to be a secret"),
        ({"timeout": "0"}, "timeout"),
        ({"max_age": "1"}, "max_age"),
        ({"customer_ids": "pseudonym"}, "without privacy.pseudonym_key pseudonyms can be guessed"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_with_what_to_write(said: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        endpoint(**said)


SEGMENTS = {"segments.country.values": "ES,IT", "segments.owner.values": "Ana"}


@pytest.mark.parametrize(
    ("segment", "value", "says"),
    [
        ("contry", "ES", r"webhooks.crm.segments: there is no segment 'contry'; did you mean 'country'\? There are"),
        ("country", "ES,ITA", r"webhooks.crm.segments.country: there is no value 'ITA'; did you mean 'IT'"),
        ("plan", "pro", r"webhooks.crm.segments: there is no segment 'plan'"),
    ],
)
def test_a_filter_by_a_segment_that_no_customer_has_is_refused(segment: str, value: str, says: str) -> None:
    hook = {"webhooks.crm.url": "https://hooks.example.com/x", "webhooks.crm.secrets": SECRET}
    wanted = {f"webhooks.crm.segments.{segment}": value}

    with pytest.raises(BadSettings, match=says):
        read_settings(overrides=SEGMENTS | hook | wanted)

    assert read_settings(overrides=hook | wanted).webhooks["crm"].segments == {segment: tuple(value.split(","))}


def test_a_filter_by_segments_that_customers_have_is_accepted() -> None:
    hook = {"webhooks.crm.url": "https://hooks.example.com/x", "webhooks.crm.secrets": SECRET}
    wanted = {"webhooks.crm.segments.country": "ES,other", "webhooks.crm.segments.plan": "pro"}

    found = read_settings(overrides=SEGMENTS | {"metrics.plans": "basic,pro"} | hook | wanted)

    assert found.webhooks["crm"].segments == {"country": ("ES", "other"), "plan": ("pro",)}


@pytest.mark.parametrize("value", ["[whsec_c2VjcmV0", "whsec_broken secret", SECRET[:-3], '["a", 1'])
def test_no_error_about_a_secret_or_a_url_shows_it(value: str) -> None:
    with pytest.raises(BadSettings) as raised:
        endpoint(secrets=value, url="https://me:hidden@hooks.example.com/hidden")

    assert value not in str(raised.value)
    assert "hidden" not in str(raised.value)
    assert "hidden" not in repr(endpoint(url="https://hooks.example.com/hidden"))
    assert "hidden" not in endpoint(url="https://hooks.example.com:8443/hidden").shown


@pytest.mark.parametrize("name", ["CRM", "c-r-m", "1crm", "c.r", "x" * 41])
def test_an_endpoint_has_a_name_that_variables_and_labels_can_have(name: str) -> None:
    with pytest.raises(BadSettings, match="cannot name an endpoint"):
        read_settings(overrides={f'webhooks."{name}".url': "https://x.example", f'webhooks."{name}".secrets': SECRET})


def test_an_endpoint_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAY_WEBHOOKS__CRM__URL", "https://hooks.example.com/x")
    monkeypatch.setenv("BACKSTAY_WEBHOOKS__CRM__SECRETS", f"{SECRET},{OTHER}")
    monkeypatch.setenv("BACKSTAY_WEBHOOKS__CRM__TYPES", "action.*,metric.updated")

    found = read_settings().webhooks["crm"]

    assert [one.get_secret_value() for one in found.secrets] == [SECRET, OTHER]
    assert found.types == ("action.*", "metric.updated")


def test_secrets_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n\n{OTHER}\n")
    headers = signer_of("crm", endpoint(secrets="", secret_file=str(file))).headers("id", NOW, "{}")
    assert len(headers["webhook-signature"].split(" ")) == 2

    file.write_text("\n")
    with pytest.raises(BadSettings, match="has no secret in it"):
        signer_of("crm", endpoint(secret_file=str(file)))
    file.write_text("not a secret")
    with pytest.raises(BadSettings, match="begins with whsec_"):
        signer_of("crm", endpoint(secret_file=str(file)))
    with pytest.raises(BadSettings, match="cannot read"):
        signer_of("crm", endpoint(secret_file=str(tmp_path / "none")))


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "standardwebhooks", None)

    with pytest.raises(BadSettings, match=r"pip install '\.\[webhooks\]'"):
        Signer([SECRET])


# -- schedule and answers --------------------------------------------------------------------------------------------


@given(tries=st.integers(1, TRIES), draw=st.floats(0, 1), wish=st.none() | st.integers(0, 100 * HOUR))
def test_a_try_never_comes_before_its_time_nor_before_the_endpoint_wants_it(
    tries: int, draw: float, wish: int | None
) -> None:
    due = next_try(tries, NOW, draw, wish)

    if tries == TRIES:
        assert due is None
        return
    assert due is not None
    wait = due - NOW
    assert wait >= WAITS[tries]
    assert wait >= min(wish or 0, LONGEST_WISH)
    assert wait <= max(WAITS[tries] * (1 + JITTER) + 1, min(wish or 0, LONGEST_WISH))


def test_the_ten_tries_are_those_of_standard_webhooks() -> None:
    assert [wait // SECOND for wait in WAITS] == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0),
        ("120", 120),
        ("9" * 400, 999_999_999),
        (format_datetime(moment(NOW + 90 * SECOND), usegmt=True), 90),
        (format_datetime(moment(NOW - 90 * SECOND), usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_632_332_799 - 0),
        ("Mon, 99 Foo 2026", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str | None, seconds: int | None) -> None:
    found = wished(header, NOW)

    if header == "Fri, 31 Dec 9999 23:59:59 GMT":
        assert found is not None
        assert next_try(1, NOW, 0.0, found) == NOW + LONGEST_WISH
    else:
        assert found == (None if seconds is None else seconds * SECOND)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, "delivered") for status in (200, 201, 202, 204, 299)),
        *((status, "again") for status in (0, 100, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503)),
        (410, "gone"),
    ],
)
def test_only_2xx_accepts_and_only_410_ends(status: int, verdict: str) -> None:
    assert Answer(status).verdict == verdict


# -- signatures ------------------------------------------------------------------------------------------------------


def independent(secret: str, ident: str, timestamp: str, body: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{ident}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


@given(ident=st.uuids().map(str), text=st.text())
def test_a_signature_is_what_the_package_verifies_and_what_anyone_calculates(ident: str, text: str) -> None:
    now = int(time.time()) * SECOND + 123_456
    body = json.dumps({"text": text}, ensure_ascii=False).encode("utf-8", "replace").decode()
    headers = Signer([SECRET, OTHER]).headers(ident, now, body)

    assert headers["webhook-id"] == ident
    assert headers["webhook-timestamp"] == str(now // SECOND)
    wanted = [independent(secret, ident, headers["webhook-timestamp"], body) for secret in (SECRET, OTHER)]
    assert headers["webhook-signature"].split(" ") == wanted
    for secret in (SECRET, OTHER):  # a receiver has the former secret, or already the next one
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + " ", headers)


def test_the_instant_that_is_signed_is_the_one_in_the_header_whatever_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        headers = Signer([SECRET]).headers("id", NOW, "{}")
        assert headers["webhook-signature"] == independent(SECRET, "id", str(NOW // SECOND), "{}")
    monkeypatch.delenv("TZ")
    time.tzset()


# -- outputs and filters -----------------------------------------------------------------------------------------------


def test_an_output_is_read_from_its_record_and_anything_else_is_passed_over() -> None:
    found = output_of(record(signal()))
    assert found is not None
    assert (found.type, found.id, found.at, found.customer) == ("churn_signal.raised", "id-1", NOW, "c-1")

    good = record(signal())
    for value, headers in (
        (None, good.headers),
        (b"{", good.headers),
        (b"[]", good.headers),
        (b"[" * 100_000, good.headers),
        (b"\xff", good.headers),
        (good.value, []),
        (good.value, [("ce_id", b"x"), ("ce_type", b"com.example.other"), ("ce_time", b"2026-01-01T00:00:00Z")]),
        (good.value, [("ce_id", b"x"), ("ce_type", b"io.backstay.x.v1"), ("ce_time", b"\xff")]),
    ):
        other = record(signal())
        other.value, other.headers = value, headers
        assert output_of(other) is None


FIGURE = Output(
    "metric.updated",
    "m-1",
    NOW,
    {"metric": "ndr", "edition": "final", "segment": {"by": "country", "value": "ES"}, "value": "0.98"},
    "metric-updates",
    0,
    1,
)
CARD = Output(
    "customer.health",
    "h-1",
    NOW,
    {"customer_id": "c-1", "band": "high", "risk": "0.71", "segments": {"country": "ES"}},
    "customer-health",
    0,
    1,
)


@pytest.mark.parametrize(
    ("said", "output", "standing", "wanted"),
    [
        ({}, signal(), None, True),
        ({}, action(), None, False),
        ({"types": "action.*"}, action(), None, True),
        ({"types": "action.recommended"}, signal(), None, False),
        ({"signals": "no-login"}, signal(), None, True),
        ({"signals": "downgrade"}, signal(), None, False),
        ({"types": "action.*", "signals": "downgrade"}, action(), None, False),
        ({"types": "opportunity.*", "signals": "promoter"}, signal(), None, False),
        ({"severity": "medium"}, signal(), None, True),
        ({"severity": "high"}, signal(), None, False),
        ({"severity": "high"}, signal(severity="critical"), None, True),
        ({"types": "customer.*", "severity": "high"}, CARD, None, True),
        ({"types": "customer.health", "bands": "high"}, CARD, None, True),
        ({"types": "customer.health", "bands": "low,medium"}, CARD, None, False),
        ({"types": "metric.*", "editions": "final"}, FIGURE, None, True),
        ({"types": "metric.*", "editions": "provisional"}, FIGURE, None, False),
        ({"types": "metric.*", "metrics": "crr"}, FIGURE, None, False),
        ({"types": "metric.*", "segments.country": "ES"}, FIGURE, None, True),
        ({"types": "metric.*", "segments.country": "IT"}, FIGURE, None, False),
        ({"types": "metric.*", "segments.plan": "ES"}, FIGURE, None, False),
        ({"types": "customer.health", "segments.country": "ES,IT"}, CARD, None, True),
        ({"types": "customer.health", "segments.country": "IT"}, CARD, {"country": "IT"}, False),
        ({"segments.country": "IT"}, signal(), {"country": "ES"}, False),
        ({"segments.country": "IT"}, signal(), {"country": "IT"}, True),
        ({"segments.country": "IT"}, signal(), {}, False),
        ({"segments.country": "IT"}, signal(), None, True),
    ],
)
def test_an_endpoint_gets_what_it_wants(
    said: dict[str, str], output: Output, standing: dict[str, str] | None, wanted: bool
) -> None:
    assert wants(endpoint(**said), output, standing) is wanted


# -- bodies ------------------------------------------------------------------------------------------------------------


def test_a_body_has_type_time_and_content() -> None:
    body = json.loads(body_of(endpoint(), signal(), plain))

    assert body == {"type": "churn_signal.raised", "timestamp": rfc3339(NOW), "data": signal().data}


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=9), st.text(max_size=9_000) | st.lists(st.text(max_size=400)), max_size=6
    )
)
def test_a_body_is_below_20_kb_and_names_what_it_lacks(extra: dict[str, Any]) -> None:
    output = signal(**extra)

    text = body_of(endpoint(), output, plain)

    body = json.loads(text)
    assert len(text.encode()) <= LARGEST < 20_480
    left_out = body.get("reduced", {}).get("left_out", [])
    assert body["data"] == {name: value for name, value in output.data.items() if name not in left_out}
    assert body["data"].keys() | set(left_out) == output.data.keys()
    if left_out:
        assert body["reduced"]["complete_in"] == {"topic": "churn-signals", "partition": 0, "offset": 7}


@pytest.mark.parametrize("form", ["standard", "slack", "teams"])
@pytest.mark.parametrize("output", [signal(customer="c-secret-1"), action(customer="c-secret-1")])
def test_an_endpoint_that_may_not_know_customers_gets_no_id(
    form: str, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAY_PRIVACY__PSEUDONYM_KEY", "k" * 32)
    hidden = body_of(endpoint(format=form, customer_ids="none"), output, plain)
    named = body_of(endpoint(format=form, customer_ids="pseudonym"), output, plain)

    assert "c-secret-1" not in hidden.replace("e-c-secret-1", "")
    assert "event of" not in hidden + named
    assert "pseudonym of 10" in named


# -- messages ----------------------------------------------------------------------------------------------------------


def test_every_type_has_a_title_in_every_language() -> None:
    for language, titles in TITLES.items():
        assert titles.keys() == {*TYPES, "webhook.test"}, language
        assert FACTS[language].keys() == FACTS["en"].keys()
        assert SEVERITY[language].keys() == set(SEVERITIES)
    assert TITLES.keys() == FACTS.keys() == SEVERITY.keys() == {"en", "es", "it"}


@pytest.mark.parametrize(
    ("language", "head", "why"), [("en", "Signal: no-login", "10 days"), ("es", "Señal", "10 días")]
)
def test_a_message_for_slack_is_plain_text(language: str, head: str, why: str) -> None:
    found = json.loads(body_of(endpoint(format="slack", language=language), signal(customer="<!channel> & *x*"), plain))

    assert found["text"].startswith(head)
    assert why in found["text"]
    assert "<" not in found["text"]
    assert "&lt;!channel&gt; &amp; *x*" in found["text"]
    assert {block["text"]["type"] for block in found["blocks"]} == {"plain_text"}
    assert found["mrkdwn"] is False


def test_a_message_for_teams_is_a_card_without_links_of_others() -> None:
    found = json.loads(body_of(endpoint(format="teams"), signal(customer="[click](https://evil.example)"), plain))

    (attachment,) = found["attachments"]
    card = attachment["content"]
    assert (found["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert (card["type"], card["body"][0]["text"]) == ("AdaptiveCard", "Signal: no-login")
    assert card["body"][2]["facts"][0] == {"title": "Customer", "value": "\\[click\\]\\(https://evil.example\\)"}


@given(
    st.text(),
    st.text(),
    st.sampled_from(["en", "es", "it"]),
    st.sampled_from(["slack", "teams"]),
    st.sampled_from(TYPES),
)
def test_a_message_is_made_of_anything_and_below_20_kb(
    customer: str, why: str, language: str, form: str, kind: str
) -> None:
    output = signal(customer=customer, explanation={language: why * 50}, signal=why * 50, period=None, band=why)
    output = Output(kind, output.id, output.at, output.data, output.topic, 0, 0)

    text = body_of(endpoint(format=form, language=language), output, plain)

    assert len(text.encode()) <= LARGEST
    assert not re.search(r"[\x00-\x1f\u202e]", text)


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104
        *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "not an address", ""),
    ],
)
def test_an_address_of_the_own_network_is_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1"],
)
def test_a_public_address_is_not(address: str) -> None:
    assert refusal(address) is None


def test_now_is_a_time_of_these_tests() -> None:
    assert moment(NOW) < datetime(2100, 1, 1, tzinfo=UTC)


async def test_a_failure_that_goes_on_is_logged_once_a_minute_and_another_one_at_once() -> None:
    target = Target("crm", endpoint(), lambda: NOW)

    told = [target.tells(says, NOW + at * SECOND) for says, at in (("503", 0), ("503", 1), ("500", 2), ("503", 59))]

    assert told == [True, False, True, False]
    assert target.tells("503", NOW + 60 * SECOND)
    assert not target.tells("503", NOW + 61 * SECOND)
    assert target.tells("503", NOW - 3_600 * SECOND)
    await target.close()


# -- switches and what `list` shows --------------------------------------------------------------------------------

OFF, ON = (Switch("crm", at, disabled) for at, disabled in ((NOW, True), (NOW - HOUR, False)))
"""Two switches; the second operator's clock is behind."""


@pytest.mark.parametrize(
    ("read", "last"),
    [
        ([[OFF], [ON]], ON),
        ([[OFF], [ON], [OFF], [ON]], ON),  # the copies of another partition come later
        ([[ON], [OFF, ON]], ON),  # a partition on which the former switch is compacted away, and one on which it is not
        ([[ON], [OFF], [ON], [OFF]], OFF),
        ([[], [OFF]], OFF),
    ],
)
async def test_the_last_switch_on_the_topic_counts_whatever_the_clocks_say(
    read: list[list[Switch]], last: Switch
) -> None:
    target = Target("crm", endpoint(), lambda: NOW)

    for found in read:
        target.turn(found)

    assert target.switch == last
    await target.close()


def test_the_list_shows_the_last_switch_on_the_topic() -> None:
    found = Stored()
    for number in (0, 1):
        for offset, one in enumerate((OFF, ON)):
            found.take(number, offset, one.key, encoded(one))

    assert found.switches == {"crm": ON}


def test_an_endpoint_that_is_disabled_has_no_next_try() -> None:
    waiting = Delivery("crm", "id-1", "churn_signal.raised", NOW, 1, due=NOW, customer="c-1")
    row = Row("crm", None)
    row.take(waiting)

    assert (row.due, row.as_json()["next_try"]) == (NOW, when(NOW))

    row.switch = OFF

    assert (row.due, row.as_json()["next_try"]) == (None, None)


def test_the_next_try_is_that_of_the_first_delivery_that_can_go() -> None:
    found, later = Stored(), NOW + HOUR
    failed = Delivery("crm", "id-1", "churn_signal.raised", NOW, 1, due=later, tries=1, customer="c-1")
    behind = Delivery("crm", "id-2", "churn_signal.cleared", NOW, 2, due=NOW, customer="c-1")
    for one in (behind, failed):
        found.take(0, one.seq, one.key, encoded(one))

    assert [row.next_try for row in rows(found, ["crm"])] == [later]
    assert found.held_up() == {(0, behind.key)}
    assert as_json(behind, is_held_up=True)["next_try"] is None
