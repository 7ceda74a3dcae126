"""The deployment: compose, rules, provisioning and the dashboard, as far as they can be checked without running."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from grafana import build
from streams.alerts.write import rules, write_rules
from streams.console.appraising import Appraising
from streams.console.documents import EPOCH
from streams.console.store import Store
from streams.console.viewing import StoreViews
from streams.console.views.shared import Company
from streams.dead_letters import REASONS
from streams.errors import BadSettings
from streams.gauges import Gauges
from streams.hosts import Hosts
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.web.runbook import runbook
from streams.webhooks.gauges import WebhookGauges

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DASHBOARDS: dict[str, Any] = {
    file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "grafana/dashboards").glob("*.json"))
}
PANELS = {f"{name}: {panel['title']}": panel for name, one in DASHBOARDS.items() for panel in one["panels"]}


def metric_names() -> set[str]:
    """Return the name of every series family that a worker, or the process of webhooks, can show."""
    names: set[str] = set()
    views = StoreViews(Store(None, b"a key of the tests"), Company())
    worth = Appraising(views.signals, lambda: EPOCH, lambda: False, lambda: 0, "local", 90)
    for metric in (*Gauges().registry.collect(), *WebhookGauges().registry.collect(), *worth.describe()):
        names |= {metric.name, f"{metric.name}_total", *(sample.name for sample in metric.samples)}
    return names


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_and_every_port_is_on_loopback(name: str) -> None:
    service = SERVICES[name]

    assert re.search(r":v?\d", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_mounted_file_exists_and_every_dependency_is_a_service(name: str) -> None:
    service = SERVICES[name]

    sources = [volume.split(":")[0] for volume in service.get("volumes", [])]
    assert all((ROOT / s).exists() if s.startswith(".") else s in COMPOSE["volumes"] for s in sources)
    assert set(service.get("depends_on", [])) <= set(SERVICES)


def test_our_containers_have_no_rights_to_lose() -> None:
    for name in ("topics", "worker", "webhooks"):
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["read_only"]
    assert "USER 10001" in (ROOT / "Dockerfile").read_text()


def test_every_environment_variable_is_a_setting() -> None:
    for name in SERVICES["worker"]["environment"]:
        section, _, field = name.removeprefix("BACKSTAY_").lower().partition("__")
        model: Any = Settings.model_fields[section].annotation
        assert field in model.model_fields


def test_prometheus_asks_by_names_that_the_worker_answers_for() -> None:
    jobs = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = [target for job in jobs for config in job["static_configs"] for target in config["targets"]]
    allowed = [SERVICES[name]["environment"]["BACKSTAY_WEB__ALLOWED_HOSTS"] for name in ("worker", "webhooks")]

    assert targets
    assert all(Hosts("", allowed).allow([target], "172.18.0.5") for target in targets)


def test_the_committed_dashboards_are_the_built_ones() -> None:
    assert {name: build.dashboard(name) for name in build.DASHBOARDS} == DASHBOARDS


def test_a_link_to_a_dashboard_holds_for_ever() -> None:
    """Their ids are in addresses that people have kept: none may change."""
    assert {name: one["uid"] for name, one in DASHBOARDS.items()} == {
        "pipeline": "backstay-pipeline",
        "retention": "backstay-retention",
        "signals": "backstay-signals",
    }


def expressions(dashboard: dict[str, Any]) -> list[str]:
    """Return all that a dashboard asks Prometheus, the values of its variables among it."""
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return panels + [one["query"]["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_variable_of_a_dashboard_is_used_and_every_one_used_is_there(name: str) -> None:
    text = json.dumps(DASHBOARDS[name]["panels"]) + "".join(expressions(DASHBOARDS[name]))
    variables = {one["name"]: one for one in DASHBOARDS[name]["templating"]["list"]}

    used = set(re.findall(r"\$\{?([a-z]\w+)", text))
    assert used == set(variables)
    assert {"datasource", "deployment"} <= used
    assert name == "pipeline" or {"currency", "segment"} <= used
    for one in variables.values():
        assert one["label"]
        assert one["type"] == "datasource" or (one["datasource"]["uid"], one["refresh"]) == ("${datasource}", 2)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_names_no_deployment_instance_or_source_of_its_own(name: str) -> None:
    selectors = [
        one for text in expressions(DASHBOARDS[name]) for one in re.findall(r"(backstay_\w+)(\{[^}]*\})?", text)
    ]

    assert all('deployment=~"$deployment"' in labels for _, labels in selectors if "worker_ready" not in _)
    assert not re.search(r"\b(instance|job)\b", json.dumps(expressions(DASHBOARDS[name])))
    assert set(re.findall(r'"uid": "([^"]+)"', json.dumps(DASHBOARDS[name]["panels"]))) == {"${datasource}"}
    assert not DASHBOARDS[name]["editable"]


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_every_panel_explains_itself_and_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    known = metric_names()
    for target in panel["targets"]:
        assert target["legendFormat"]
        assert set(re.findall(r"backstay_\w+", target["expr"])) <= known


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_every_counter_of_a_panel_is_a_rate_over_an_interval_that_fits_the_page(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        counters = re.findall(r"(\w+)\(backstay_\w+(?:_total|_bucket)\{[^}]*\}\[([^]]+)\]\)", target["expr"])
        assert len(counters) == len(re.findall(r"backstay_\w+(?:_total|_bucket)\{", target["expr"]))
        assert all(one in {("rate", "$__rate_interval"), ("increase", "$__range")} for one in counters)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap_and_none_is_wider_than_the_page(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARDS[name]["panels"]}) == len(DASHBOARDS[name]["panels"])


RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "prometheus/rules.yml").read_text())["groups"][0]["rules"]


def test_the_committed_rules_are_those_of_the_default_deployment() -> None:
    assert rules(Settings()) == (ROOT / "prometheus/rules.yml").read_text()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r["alert"])
def test_every_rule_asks_for_what_there_is_in_its_deployment(rule: dict[str, Any]) -> None:
    selectors = re.findall(r"(backstay_\w+)(.{20})", rule["expr"])

    assert selectors
    assert {name for name, _ in selectors} <= metric_names()
    assert all(labels.startswith('{deployment="local"') for _, labels in selectors)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r["alert"])
def test_every_rule_links_to_a_section_of_the_runbook(rule: dict[str, Any]) -> None:
    url, _, section = rule["annotations"]["runbook_url"].partition("#")

    assert url == "http://127.0.0.1:6066/runbook"
    assert f'id="{section}"' in runbook()


def test_rules_are_written_for_the_deployment_and_the_runbook_of_the_settings(tmp_path: Path) -> None:
    settings = read_settings(None, {"deployment": "eu-1", "alerts.runbook_url": "https://wiki.example/backstay"})

    written = yaml.safe_load(write_rules(settings, tmp_path / "new").read_text())

    found = written["groups"][0]["rules"]
    assert all('deployment="eu-1"' in rule["expr"] for rule in found)
    assert all(r["annotations"]["runbook_url"].startswith("https://wiki.example/backstay#") for r in found)


@pytest.mark.parametrize("periods", ["month", "month,week", "day,month,quarter"])
def test_every_rule_asks_for_periods_that_are_published(periods: str) -> None:
    settings = read_settings(None, {"metrics.periods": periods})

    written = rules(settings)

    asked = set(re.findall(r'period="(\w+)"', written))
    assert asked
    assert asked <= set(settings.metrics.periods)
    assert "@" not in written.replace("@deployment@", "")


def test_the_dashboards_ask_for_months_alone_which_are_always_published() -> None:
    text = json.dumps(DASHBOARDS)

    assert set(re.findall(r'period=\\"(\w+)\\"', text)) == {"month"}


def test_rules_that_cannot_be_written_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadSettings, match=r"cannot write .*: Not a directory. Choose a place that you may write to"):
        write_rules(Settings(), tmp_path / "file" / "folder")


def test_every_reason_for_a_dead_letter_is_counted_from_the_start_and_has_a_remedy() -> None:
    raised = {
        reason
        for floor in ("schemas", "sources", "retention", "agents", "streams")
        for file in (ROOT / floor).rglob("*.py")
        if file.name != "loading.py"  # what `backstay load` does not send becomes no dead letter
        for reason in re.findall(r'(?:Refused|Rejected)\(\s*"([a-z_]+)"', file.read_text())
    }
    text = generate_latest(Gauges().exposed).decode()

    assert raised == set(REASONS)
    for reason in REASONS:
        assert f'reason="{reason}",topic="privacy"}} 0.0' in text


def test_no_label_can_carry_a_customer() -> None:
    for metric in vars(Gauges()).values():
        labels = getattr(metric, "_labelnames", ())
        assert not {"customer", "customer_id", "user", "user_id", "key"} & set(labels)
