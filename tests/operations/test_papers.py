"""The alerts and the dashboard as papers: whole, and each alert has its page."""

import re

from tests.operations import promql
from tests.operations.papers import PAGE, alerts, dashboard, expressions, panels

_HEADING = re.compile(r"^## (\w+)$", re.MULTILINE)
_KINDS = {"stat", "timeseries"}


def test_each_alert_says_what_to_do_and_has_its_section_of_the_page() -> None:
    sections = _HEADING.findall(PAGE.read_text(encoding="utf-8"))
    assert sections == [alert.name for alert in alerts()]
    for alert in alerts():
        assert alert.severity in {"page", "ticket"}
        assert set(alert.annotations) == {"summary", "action", "page"}
        assert alert.annotations["page"] == f"docs/operations/alerts.md#{alert.name.lower()}"
        assert len(alert.annotations["action"]) > 30


def test_each_section_says_what_it_means_what_to_look_at_and_what_to_do() -> None:
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        for part in ("**Means.**", "**Look at.**", "**Do.**"):
            assert section.count(part) == 1, section.splitlines()[0]


def test_every_panel_that_a_page_names_is_on_the_dashboard() -> None:
    titles = {panel["title"] for panel in panels()}
    named = re.findall(r"\*([A-Z][^*\n]+)\*(?!\*)", re.sub(r"\*\*[^*]+\*\*", "", PAGE.read_text(encoding="utf-8")))
    assert named
    assert set(named) <= titles


def test_the_dashboard_is_what_grafana_takes() -> None:
    board = dashboard()
    assert board["schemaVersion"] >= 36
    assert {"uid", "title", "time", "templating", "panels", "timezone"} <= board.keys()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    known = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?(?!__)(\w+)", str(board))) <= known
    for panel in panels():
        assert panel["type"] in _KINDS
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == [
            chr(65 + number) for number in range(len(panel["targets"]))
        ]


def test_no_panel_lies_on_another_or_outside() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, (panel["title"], taken.get((x, y)))
                taken[x, y] = panel["title"]


def test_the_reader_of_expressions_sees_names_and_labels() -> None:
    said = 'sum by (system, le) (rate(a_b_bucket{x=~"p|q",y="r"}[5m])) / on (z) max(c_d) > 0.5 and up{job="g"} == 0'
    assert promql.metrics(said) == {"a_b_bucket", "c_d", "up"}
    assert promql.labels(said) == {"system": set(), "le": set(), "z": set(), "x": {"p", "q"}, "y": {"r"}, "job": {"g"}}
    assert all(promql.metrics(expression) for expression in expressions().values())
