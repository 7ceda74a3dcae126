"""A misspelt setting is an error that names the nearest right name; sources of settings have one order."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from retention.measures import BASIS_NAMES, MEASURES
from retention.measures.base import Measure
from retention.policy import Policy
from retention.signals import SIGNALS
from retention.signals.base import Signal
from retention.signals.thresholds import wrong_with
from sources import SOURCES
from streams.errors import BadSettings
from streams.setting_names import OTHER_VARIABLES
from streams.setting_sources import read_settings
from streams.setting_types import Section
from streams.settings import MetricSettings, Settings, SignalSettings

ROOT = Path(__file__).resolve().parents[1]

MISSPELT = {
    "a table": ("[kafak]\ngroup = 'x'", "'kafak'; did you mean 'kafka'?"),
    "a key": ("[kafka]\ngruop = 'x'", "'gruop'; did you mean 'group'?"),
    "a key at the top": ("deployement = 'x'", "'deployement'; did you mean 'deployment'?"),
    "a topic": ("[topics.names]\npurchase = 'x'", "no topic 'purchase'; did you mean 'purchases'?"),
    "a signal": ("[signals.no-logins]\nenabled = false", "no signal 'no-logins'; did you mean 'no-login'?"),
    "a key of a signal": ("[signals.no-login]\nenabeld = false", "'enabeld'; did you mean 'enabled'?"),
    "a threshold": (
        "[signals.no-login]\nthresholds = {min_dayz = 1}",
        "no-login: there is no threshold 'min_dayz'; did you mean 'min_days'?",
    ),
    "a threshold of another signal": ("[signals.downgrade]\nthresholds = {tickets = 1}", "There are min_share"),
    "a threshold of a signal that has none": ("[signals.paused]\nthresholds = {days = 1}", "no threshold 'days'"),
}


@pytest.mark.parametrize(("text", "says"), MISSPELT.values(), ids=MISSPELT)
def test_what_is_misspelt_in_a_file_is_an_error_with_the_right_name(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text(text)

    with pytest.raises(BadSettings) as refused:
        read_settings(file)

    assert says in str(refused.value)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("kafka.gruop", "kafka.gruop: there is no setting 'gruop'; did you mean 'group'?"),
        ("kafak.group", "did you mean 'kafka'?"),
        ("topics.names.login", "did you mean 'logins'?"),
        ("signals.no-login.thresholds.min_day", "did you mean 'min_days'?"),
    ],
)
def test_what_is_misspelt_on_the_command_line_is_an_error(name: str, says: str) -> None:
    with pytest.raises(BadSettings, match="settings cannot be used") as refused:
        read_settings(overrides={name: "1"})

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("BACKSTAY_KAFAK__GROUP", "did you mean BACKSTAY_KAFKA__GROUP?"),
        ("BACKSTAY_KAFKA_GROUP", "did you mean BACKSTAY_KAFKA__GROUP?"),
        ("BACKSTAY_WEB_PORT", "did you mean BACKSTAY_WEB__PORT?"),
        ("BACKSTAY_DEPLOYMNT", "did you mean BACKSTAY_DEPLOYMENT?"),
        ("BACKSTAY_KAFKA__GRUOP", "did you mean 'group'?"),
        ("backstay_kafak__group", "did you mean BACKSTAY_KAFKA__GROUP?"),
    ],
)
def test_a_misspelt_variable_is_an_error(name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    with pytest.raises(BadSettings) as refused:
        read_settings()

    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["BACKSTAY_FOO", "BACKSTAY_X", "BACKSTAY_STAY"])
def test_a_variable_that_is_like_no_setting_is_taken_for_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    with pytest.raises(BadSettings, match=f"environment variable {name}: there is no such setting$"):
        read_settings()


def test_a_login_without_its_encryption_is_taken_for_the_one_that_there_is() -> None:
    with pytest.raises(BadSettings, match="no value 'sasl'; did you mean 'sasl_ssl'"):
        read_settings(overrides={"kafka.security": "sasl"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "1") for name in OTHER_VARIABLES),
        ("BACKSTAY_SERVICE_HOST", "10.0.0.1"),
        ("BACKSTAY_SERVICE_PORT_HTTP", "6066"),
        ("BACKSTAY_PORT", "tcp://10.0.0.1:6066"),
        ("BACKSTAY_WORKER_PORT_6066_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_tests_and_kubernetes_set_with_our_prefix_is_no_mistake(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kubernetes writes variables for a Service that is called backstay into every pod beside it."""
    monkeypatch.setenv(name, value)

    assert read_settings() == Settings()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text("[web]\nhost = '127.0.0.3'\nport = 3333\n[kafka]\ngroup = 'file'\nusername = 'file'")
    monkeypatch.setenv("BACKSTAY_WEB__PORT", "1111")
    monkeypatch.setenv("BACKSTAY_KAFKA__GROUP", "environment")

    settings = read_settings(file, {"web.port": "2222"})

    assert (settings.web.host, settings.web.port) == ("127.0.0.3", 2222)
    assert (settings.kafka.group, settings.kafka.username) == ("environment", "file")


def test_a_signal_can_be_tuned_by_a_shell_whose_variables_have_no_hyphens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAY_SIGNALS__NO_LOGIN__THRESHOLDS__MIN_DAYS", "9")

    tuned = read_settings().policy().signals["no-login"]

    assert (tuned.threshold("min_days"), tuned.threshold("min_logins")) == (9, 5)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_company_can_live_by_a_measure_that_says_who_is_a_customer(measure: Measure) -> None:
    overrides = {"metrics.basis": measure.name}
    if measure.active is None:
        with pytest.raises(BadSettings, match="there is no basis"):
            read_settings(overrides=overrides)
    else:
        assert read_settings(overrides=overrides).policy().basis == measure.name


def test_a_basis_that_does_not_exist_is_an_error_that_lists_those_that_do() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(overrides={"metrics.basis": "answers"})

    assert f"metrics.basis: there is no basis 'answers'. There are {', '.join(BASIS_NAMES)}" in str(refused.value)
    assert all(name in str(MetricSettings.model_fields["basis"].description) for name in BASIS_NAMES)


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "seven"])
def test_a_threshold_that_is_no_amount_is_an_error(value: str) -> None:
    with pytest.raises(BadSettings, match="min_days"):
        read_settings(overrides={"signals.no-login.thresholds.min_days": value})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("champion-gone.thresholds.share", "40", "thresholds.share: 40 is not between 0 and 1: 40 % is 0.4"),
        ("price-shock.thresholds.min_rise", "10", "thresholds.min_rise: 10 is not between 0 and 1: 10 % is 0.1"),
        ("errors-met.thresholds.percent", "500", "thresholds.percent: 500 is not between 0 and 100"),
        ("cart-abandoned.thresholds.idle_hours", "0", "thresholds.idle_hours: 0 is not between 0.01 and 8760"),
        ("onboarding-stalled.thresholds.min_days", "2.5", "thresholds.min_days: 2.5 is no whole number"),
        ("no-login.thresholds.min_logins", "0", "thresholds.min_logins: 0 is not between 1 and 36500"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_an_error_that_says_what_does(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(overrides={f"signals.{name}": value})

    assert f"{name.partition('.')[0]}: {says}" in str(refused.value)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_the_thresholds_that_a_signal_has_by_default_are_within_their_bounds(signal: Signal) -> None:
    for name, value in signal.default.thresholds:
        assert wrong_with(name, value) is None


def parsed(module: str) -> ast.Module:
    """Return the syntax tree of a module of ours."""
    return ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_a_signal_declares_every_threshold_that_it_asks_for(signal: Signal) -> None:
    own = parsed(f"retention.signals.{signal.name.replace('-', '_')}")
    shared = [
        node.module
        for node in ast.walk(own)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("retention.signals.")
    ]
    trees = [own, *(parsed(module) for module in shared if module and not module.endswith(".base"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]

    asked = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "threshold"
        and isinstance(call.args[0], ast.Constant)
    }

    assert asked == dict(signal.default.thresholds).keys()


@pytest.mark.parametrize("signal", [one for one in SIGNALS if one.default.silence], ids=lambda signal: signal.name)
@pytest.mark.parametrize("days", [0, 3, 9])
def test_ends_of_silences_are_stored_from_as_few_days_on_as_a_signal_may_need(signal: Signal, days: int) -> None:
    policy = read_settings(overrides={f"signals.{signal.name}.thresholds.{signal.default.silence}": str(days)}).policy()

    assert policy.least_silence <= days
    assert policy.least_silence == min(
        int(one.threshold(one.silence)) for one in policy.signals.values() if one.silence
    )
    assert signal.patience_days(signal.tuned(policy)) > days


def test_a_policy_without_settings_stores_as_many_silences_as_one_of_the_default_settings() -> None:
    assert Policy().least_silence == Settings().policy().least_silence


@pytest.mark.parametrize("address", ["", "kafka:x", "a..b:9092", "kafka:99999", "kafka:1,", "ka\u202efka:1", ":9092"])
def test_what_is_no_address_of_a_broker_is_an_error_and_no_traceback_of_a_client(address: str) -> None:
    with pytest.raises(BadSettings, match="is not host:port, such as"):
        read_settings(overrides={"kafka.bootstrap_servers": address})


@pytest.mark.parametrize("address", ["kafka", "kafka-1:9093, kafka-2:9093", "[::1]:9092", "ñ.example:1", "my_kafka:1"])
def test_addresses_of_brokers_are_read_as_the_client_reads_them(address: str) -> None:
    assert read_settings(overrides={"kafka.bootstrap_servers": address}).kafka.bootstrap_servers == address


def test_every_setting_has_a_description() -> None:
    described = {
        f"{model.__name__}.{name}": field.description
        for model in Section.__subclasses__()
        for name, field in model.model_fields.items()
    }

    assert "SignalSettings.enabled" in described
    assert [name for name, description in described.items() if not description] == []


def numbers(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the settings of a section that are numbers."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from numbers(field.annotation, (*path, name))
        elif field.annotation in {int, float, int | None}:
            yield ".".join((*path, name)), field


NUMBERS = dict(numbers(Settings)) | dict(numbers(SignalSettings, ("signals", "no-login")))


@pytest.mark.parametrize("name", [*NUMBERS, "signals.no-login.thresholds.min_days"])
@pytest.mark.parametrize("value", ["-1", "1e300", "1" * 300, "inf", "nan"])
def test_a_number_that_is_out_of_bounds_is_refused_in_one_short_line(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: value})

    said = str(refused.value).splitlines()
    assert len(said) == 2
    assert said[1].startswith(f"  {name}: '{value[:30]}")
    assert "Input" not in said[1]
    assert ": write " in said[1]
    assert len(said[1]) < 200


WORDS = ["time.clock", "kafka.security", "log_level", "sources.segment.others", "webhooks.crm.format"]


@pytest.mark.parametrize("name", [*NUMBERS, *WORDS, "web.enabled", "signals.no-login.enabled", "metrics.stickiness"])
def test_a_value_of_another_kind_is_refused_with_what_was_given_and_what_is_allowed(name: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: "plenty"})

    said = next(one for one in str(refused.value).splitlines() if one.startswith(f"  {name}: "))
    assert "'plenty'" in said
    assert "Input" not in said
    assert any(word in said for word in (": write a ", ": write ", "There are "))


DURATIONS = {
    ("kafka.session_timeout", "5 minutes"): ", here 300",
    ("kafka.session_timeout", "2 days"): ", as in kafka.session_timeout = 45",
    ("time.lateness", "2d"): ", here 172800",
    ("metrics.grace_days", "2 weeks"): ", here 14",
    ("metrics.grace_days", "5 hours"): ", as in metrics.grace_days = 30",
}


@pytest.mark.parametrize(("name", "value"), DURATIONS)
def test_a_duration_with_its_unit_is_told_the_number_to_write(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: value})

    assert str(refused.value).endswith(DURATIONS[name, value])


@pytest.mark.parametrize("name", ["topics.prefix", "sources.stripe.topic", "topics.names.logins", "registry.url"])
def test_a_text_with_signs_that_are_not_allowed_is_told_which_are(name: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: "ä/b"})

    said = str(refused.value).splitlines()[1]
    assert said.startswith(f"  {name}: 'ä/b' is no ")
    assert "pattern" not in said


def test_a_secret_of_another_kind_is_not_quoted() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {"privacy.pseudonym_key": 12345})

    assert "12345" not in str(refused.value)


@pytest.mark.parametrize("value", ["other", "a|b", "a\nb", "x" * 65, '[""]'])
def test_plans_that_keys_and_labels_cannot_hold_are_refused(value: str) -> None:
    with pytest.raises(BadSettings, match=r"metrics\.plans: (leave other out|.* cannot be a value)"):
        read_settings(None, {"metrics.plans": value})


@pytest.mark.parametrize("name", ['segments."customer.tier".values', "segments.'customer.tier'.values"])
def test_an_attribute_with_a_dot_in_its_name_is_set_in_quotes(name: str) -> None:
    found = read_settings(None, {name: "gold", "segments.country.values": "ES"})

    assert found.policy().segments == (("country", ("ES",)), ("customer.tier", ("gold",)))


def test_quotes_on_the_command_line_name_what_they_name_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backstay.toml").write_text('[segments."customer.tier"]\nvalues = ["file"]\n')
    monkeypatch.setenv("BACKSTAY_SEGMENTS", '{"customer.tier": {"values": ["gold", "silver"]}}')

    from_environment = read_settings(tmp_path / "backstay.toml")
    set_here = read_settings(tmp_path / "backstay.toml", {'segments."customer.tier".values': "bronze"})

    assert from_environment.policy().segments == (("customer.tier", ("gold", "silver")),)
    assert set_here.policy().segments == (("customer.tier", ("bronze",)),)


@pytest.mark.parametrize("name", ["customer.tier", "a.b.c"])
def test_a_dot_without_quotes_is_an_error_that_says_what_to_write(name: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {f"segments.{name}.values": "gold"})

    (said,) = str(refused.value).splitlines()[1:]
    assert f"""segments."{name}".values = …; in a shell, --set 'segments."{name}".values=…'""" in said


@pytest.mark.parametrize("name", ['segments."customer.tier.values', 'seg"ments', "kafka..group", ".kafka", "kafka."])
def test_a_name_whose_parts_cannot_be_told_is_an_error(name: str) -> None:
    with pytest.raises(BadSettings, match="write dots between names, and a name with a dot in quotes"):
        read_settings(None, {name: "x"})


def test_a_fault_below_a_name_with_a_dot_names_it_in_quotes() -> None:
    with pytest.raises(BadSettings, match=r'  segments\."customer\.tier"\.values: leave other out'):
        read_settings(None, {'segments."customer.tier".values': "other"})


NO_LISTS = {
    '{"a":1}': '{"a":1} is not a list of plain values: write a,b or ["a","b"]',
    'ES,{"a":1}': 'ES,{"a":1} is not a list of plain values: write a,b or ["a","b"]',
    '"ES","IT"': '"ES","IT" is not a list of plain values: write a,b or ["a","b"]',
    'ES,["IT"]': 'ES,["IT"] is not a list of plain values: write a,b or ["a","b"]',
    '["ES"': '["ES" is not a list: write a,b or ["a","b"]',
    '[" ES"]': "' ES' begins or ends with a space, which no label shows: write 'ES'",
    '["ES", "IT "]': "'IT ' begins or ends with a space, which no label shows: write 'IT'",
    '["  "]': "'  ' cannot be a value: it is used in keys and labels, so it needs 1 to 64 printable characters, "
    "and no |",
}


@pytest.mark.parametrize("name", ["segments.country.values", "metrics.plans"])
@pytest.mark.parametrize(("value", "fault"), NO_LISTS.items())
def test_what_is_no_list_of_values_is_an_error_that_says_what_to_write(name: str, value: str, fault: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: value})

    assert str(refused.value).splitlines()[1:] == [f"  {name}: {fault}"]


@pytest.mark.parametrize("value", ["ES,IT", " ES , IT ", '["ES","IT"]', ' ["ES", "IT"]', '["ES", "IT", "ES"]'])
def test_a_list_may_be_written_in_several_ways(value: str) -> None:
    assert read_settings(None, {"metrics.plans": value}).metrics.plans == ("ES", "IT")


UNFIT = {
    '{"webhooks": {"url": "https://a.example"}}': "webhooks.url: stands under a name of your own: write "
    "webhooks.NAME.url, or [webhooks.NAME] above it in a file",
    '{"console": {"tokens": {"token_file": "t"}}}': "console.tokens.token_file: stands under a name of your own: write "
    "console.tokens.NAME.token_file, or [console.tokens.NAME] above it in a file",
    '{"kafka": "x"}': "kafka: is a section: write kafka.bootstrap_servers = …",
    '{"segments": "country"}': "segments: is a section: write segments.NAME.values = …",
    '{"signals": {"no-login": 7}}': "signals.no-login: is a section: write signals.no-login.enabled = …",
    '{"segments": {"country": {}}}': "segments.country.values: is missing",
    '{"segments": {"country": {"values": {"a": 1}}}}': 'segments.country.values: is a list: write ["a", "b"]',
    '{"segments": {"country": {"value": ["ES"]}}}': "segments.country.value: there is no setting 'value'; did you mean "
    "'values'? There are values",
    '{"segments": {"country": {"values": [1]}}}': "segments.country.values.0: is text: write it in quotes",
}


@pytest.mark.parametrize(("written", "fault"), UNFIT.items())
def test_a_setting_of_another_shape_is_refused_with_what_to_write(written: str, fault: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, json.loads(written))

    assert str(refused.value).splitlines()[1:] == [f"  {fault}"]


NO_JSON = {
    "BACKSTAY_SEGMENTS": (
        "ES,IT",
        'Expecting value at character 1. Write BACKSTAY_SEGMENTS=\'{"NAME": {"values": …}}\'',
    ),
    "BACKSTAY_SOURCES": ('{"mapping": {', "double quotes at character 14. Write BACKSTAY_SOURCES='{\"log\": …}'"),
    "BACKSTAY_SOURCES__MAPPING__EVENTS": (
        '[{"topic": "a", ]',
        "double quotes at character 17. Write BACKSTAY_SOURCES__MAPPING__EVENTS='[{\"topic\": …}]'.",
    ),
    "BACKSTAY_KAFKA": (
        "kafka-1:9092",
        "Expecting value at character 1. Write BACKSTAY_KAFKA='{\"bootstrap_servers\": …}'",
    ),
}


@pytest.mark.parametrize("name", NO_JSON)
def test_a_variable_that_is_no_json_is_named_with_the_place_and_what_to_write(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, said = NO_JSON[name]
    monkeypatch.setenv("BACKSTAY_SOURCES__LOG", "segment")
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings) as refused:
        read_settings()

    assert f"environment variable {name}: this is no JSON: " in str(refused.value)
    assert said in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sources.mapping.events", '[{"topic": "a", ]', "--set 'sources.mapping.events=[{\"topic\": …}]'"),
        ("signals", '{"no-login": {"enabled": }}', '--set \'signals={"NAME": {"enabled": …}}\''),
        ("segments.country", '{"values": [}', "--set 'segments.country={\"values\": …}'"),
    ],
)
def test_a_section_on_the_command_line_that_is_no_json_is_named_with_the_place(
    name: str, value: str, said: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {name: value})

    assert f"--set {name}: this is no JSON: " in str(refused.value)
    assert " at character " in str(refused.value)
    assert said in str(refused.value)


def test_any_section_may_be_written_as_json_on_the_command_line() -> None:
    found = read_settings(
        None, {"segments": '{"country": {"values": ["ES"]}}', "signals.no-login": '{"cooldown_days": 3}'}
    )

    assert found.segments["country"].values == ("ES",)
    assert found.signals["no-login"].cooldown_days == 3


@pytest.mark.parametrize(
    "place", ["privacy", *(f"sources.{one.name}" for one in SOURCES if "pseudonym_key" in one.options.model_fields)]
)
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(place: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {f"{place}.pseudonym_key": "hunter2"})

    assert f"{place}.pseudonym_key: it has 7 of at least 16 characters" in str(refused.value)
    assert "erased under it are not recognised under another" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    read_settings(None, {f"{place}.pseudonym_key": "0123456789abcdef"})


@pytest.mark.parametrize("prefix", ["", "shop."])
def test_a_source_may_not_read_a_topic_of_ours(prefix: str) -> None:
    said = {"topics.prefix": prefix, "sources.stripe.topic": f"{prefix}purchases"}

    with pytest.raises(BadSettings, match="is the topic purchases of Backstay itself"):
        read_settings(overrides=said)


@pytest.mark.parametrize("topic", ["outcomes", "privacy"])
@pytest.mark.parametrize("name", ["{}", "shop.{}", "crm.of-{}"])
def test_no_source_reads_a_topic_that_the_console_writes_events_to(topic: str, name: str) -> None:
    """An event of ours would be a dead letter of that source."""
    renamed = {f"topics.names.{topic}": name.format(topic)} if name.startswith("crm") else {"topics.prefix": "shop."}
    said = (renamed if name != "{}" else {}) | {"sources.segment.topic": name.format(topic)}

    with pytest.raises(BadSettings, match=f"is the topic {topic} of Backstay itself"):
        read_settings(overrides=said)


SECTIONS = {
    "sources.stripe.coupons": '{"SUMMER": {"percent_off": 12.5, "duration": "once"}}',
    "sources.stripe.prices.P": '{"tiers_mode": "volume", "tiers": [{"up_to": 10, "unit_amount": 500}, {}]}',
    "sources.stripe.prices.P.tiers": '[{"up_to": 10, "unit_amount": 500}]',
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_may_be_written_as_json_on_the_command_line(name: str) -> None:
    mode = {"sources.stripe.prices.P.tiers_mode": "volume"} if name.endswith("tiers") else {}

    found: Any = read_settings(None, mode | {name: SECTIONS[name]}).readers()["stripe"][1]

    numbers = [one.percent_off for one in found.coupons.values()]
    numbers += [tier.unit_amount for one in found.prices.values() for tier in one.tiers[:1]]
    assert list(map(str, numbers)) == ["12.5" if found.coupons else "500"]


def test_a_list_of_sections_that_is_no_json_is_an_error_that_says_what_to_write() -> None:
    said = {"sources.stripe.prices.P.tiers_mode": "volume", "sources.stripe.prices.P.tiers": "[{up_to: 10}]"}

    with pytest.raises(BadSettings, match=r'no JSON: .*at character 3\. Write .*P\.tiers=\[\{"up_to": …\}\]'):
        read_settings(None, said)


def test_an_entry_of_a_table_is_not_named_by_a_variable_which_would_change_its_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BACKSTAY_SOURCES__STRIPE__COUPONS", SECTIONS["sources.stripe.coupons"])
    found: Any = read_settings().readers()["stripe"][1]
    assert list(found.coupons) == ["SUMMER"]

    monkeypatch.setenv("BACKSTAY_SOURCES__STRIPE__COUPONS__SUMMER__PERCENT_OFF", "25")
    with pytest.raises(BadSettings, match="PERCENT_OFF: names of variables are read in lower case"):
        read_settings()


NO_TOML = {
    "a text without quotes": ("deployment = shop", 'A text stands in quotes: deployment = "…"'),
    "one in a section": ("[metrics]\nzone = Europe/Madrid # here", 'A text stands in quotes: zone = "…"'),
    "a text that begins with digits": (
        "kafka.bootstrap_servers = 127.0.0.1:9092",
        'A text stands in quotes: kafka.bootstrap_servers = "…"',
    ),
    "one in a list": ("segments.country.values = [ES, IT]", 'A text stands in quotes: "…"'),
    "one in a list of many lines": ('segments.country.values = [\n  "ES",\n  IT,\n]', 'A text stands in quotes: "…"'),
    "one in a table": ("[topics]\nnames = {logins = my-topic}", 'A text stands in quotes: "…"'),
    "True": ("[sources.segment]\ntrial = True", "Write it in small letters: trial = true"),
    "no value": ("deployment =", "A value is missing: deployment = …"),
    "no value, and more": ("[metrics]\nzone =\ncurrency = 'EUR'", "A value is missing: zone = …"),
    "as in YAML": ("deployment: shop", "Write deployment = …"),
}


@pytest.mark.parametrize(("text", "says"), NO_TOML.values(), ids=NO_TOML)
def test_a_file_that_is_no_toml_is_told_what_to_write(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text(text)

    with pytest.raises(BadSettings) as refused:
        read_settings(file)

    assert str(refused.value).endswith(f". {says}")


@pytest.mark.parametrize("text", ["a = 1\na = 2", "a = 1\na = 2\n", 'a = "b', 'a = "b" c', "[a", "= 1"])
def test_a_file_that_is_no_toml_for_another_reason_is_told_nothing_wrong(text: str, tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text(text)

    with pytest.raises(BadSettings) as refused:
        read_settings(file)

    assert str(refused.value).endswith(")")


@pytest.mark.parametrize(
    "text", ["kafka.password = p4ssw0rd", "kafka.password: p4ssw0rd", 'kafka.password = "p4ssw0rd']
)
def test_what_is_no_toml_is_not_quoted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text(text)

    with pytest.raises(BadSettings, match="is not valid TOML") as refused:
        read_settings(file)

    assert "p4ssw0rd" not in str(refused.value)


@pytest.mark.parametrize("first", ['metrics.basis = "purchase"', '[metrics]\nbasis = "purchase"'])
def test_a_section_that_stands_twice_is_to_be_made_one(first: str, tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text(f'{first}\n[metrics]\ncurrency = "EUR"\n')
    with pytest.raises(BadSettings, match=r"twice.*\. Put all lines of it under one \[metrics\]"):
        read_settings(file)
