"""What is deployed: compose, rules, provisioning and the dashboard, as far as they can be checked without running."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.gauges import Gauges
from streams.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DASHBOARD = json.loads((ROOT / "grafana/dashboards/backstay.json").read_text())


def metric_names() -> set[str]:
    """Give the name of every series family that a worker can show."""
    names: set[str] = set()
    for metric in Gauges().registry.collect():
        names |= {metric.name, f"{metric.name}_total"}
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
    for name in ("topics", "worker"):
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["read_only"]
    assert "USER 10001" in (ROOT / "Dockerfile").read_text()


def test_every_environment_variable_is_a_setting() -> None:
    for name in SERVICES["worker"]["environment"]:
        section, _, field = name.removeprefix("BACKSTAY_").lower().partition("__")
        model: Any = Settings.model_fields[section].annotation
        assert field in model.model_fields


def test_the_committed_dashboard_is_the_built_one() -> None:
    built = runpy.run_path(str(ROOT / "grafana/build.py"))["dashboard"]()

    assert built == DASHBOARD


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda p: p["title"])
def test_every_panel_explains_itself_and_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["fieldConfig"]["defaults"]["unit"]
    known = metric_names()
    for target in panel["targets"]:
        assert target["legendFormat"]
        assert set(re.findall(r"backstay_\w+", target["expr"])) <= known


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_every_rule_asks_for_what_there_is_and_names_its_runbook() -> None:
    known = metric_names()
    runbook = (ROOT / "docs/runbook.md").read_text()
    rules = yaml.safe_load((ROOT / "prometheus/rules.yml").read_text())["groups"][0]["rules"]
    headings = {
        re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^## (.+)$", runbook, re.MULTILINE)
    }

    for rule in rules:
        assert set(re.findall(r"backstay_\w+", rule["expr"])) <= known
        assert rule["annotations"]["runbook_url"].split("#")[1] in headings


def test_no_label_can_carry_a_customer() -> None:
    for metric in vars(Gauges()).values():
        labels = getattr(metric, "_labelnames", ())
        assert not {"customer", "customer_id", "user", "user_id", "key"} & set(labels)
