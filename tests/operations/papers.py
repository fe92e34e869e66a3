"""The files for whoever runs a counter, read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "operations"
ALERTS = FOLDER / "alerts.yml"
PAGE = FOLDER / "alerts.md"
DASHBOARD = FOLDER / "grafana.json"


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    expression: str
    severity: str
    annotations: dict[str, str]


def alerts() -> list[Alert]:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
    return [Alert(rule["alert"], rule["expr"], rule["labels"]["severity"], rule["annotations"]) for rule in rules]


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions() -> dict[str, str]:
    """Of alerts and panels, by where each stands; the dashboard's variables are filled in as Grafana does it."""
    found = {f"alert {alert.name}": alert.expression for alert in alerts()}
    for panel in panels():
        for target in panel["targets"]:
            filled = target["expr"].replace("$system", ".*").replace("$job", "guichet")
            found[f"panel {panel['title']} {target['refId']}"] = filled
    return found
