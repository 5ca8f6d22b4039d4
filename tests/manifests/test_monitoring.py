"""What Prometheus is told: alerts that fire when they should, on figures that the service really has."""

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from db.contract.standing import Standing
from tests.manifests.rendering import KUSTOMIZE, ROOT, Object, named

COMPONENT = KUSTOMIZE / "components/watch-with-prometheus"
ALERTS = Path(__file__).with_name("alerts")
GROUPS = [
    group
    for path in sorted(COMPONENT.glob("prometheusrule-*.yaml"))
    for group in yaml.safe_load(path.read_text())["spec"]["groups"]
]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
SERIES = ("", "_total", "_bucket", "_sum", "_count")


def exported() -> set[str]:
    """Each name that the service's own code gives a figure, as Prometheus stores it."""
    sources = [ast.parse((ROOT / "service" / name).read_text()) for name in ("gauges.py", "metrics.py")]
    constants = [
        node.value for source in sources for node in ast.walk(source) if isinstance(node, ast.Constant)
    ]
    names = [
        value for value in constants if isinstance(value, str) and re.fullmatch(r"calcio_[a-z_]+", value)
    ]
    return {name + series for name in names for series in SERIES}


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def unit_tests() -> list[Path]:
    return sorted(ALERTS.glob("*.yaml"))


@pytest.mark.parametrize("tests", unit_tests(), ids=lambda path: str(path.stem))
def test_alerts_fire_when_they_should(tests: Path, tmp_path: Path) -> None:
    """Promtool plays each situation, the trouble and the look-alike that is none, and finds what is expected."""
    promtool = shutil.which("promtool") or pytest.skip("no promtool on PATH (Debian: apt install prometheus)")
    rules = yaml.safe_load((COMPONENT / f"prometheusrule-{tests.stem}.yaml").read_text())["spec"]
    (tmp_path / f"calcio-{tests.stem}.yaml").write_text(yaml.safe_dump(rules))
    shutil.copy(tests, tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", tests.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_played() -> None:
    """No alert is there that nobody has ever seen fire."""
    fired = {
        alert["alertname"]
        for path in unit_tests()
        for situation in yaml.safe_load(path.read_text())["tests"]
        for alert in situation["alert_rule_test"]
        if alert["exp_alerts"]
    }
    assert fired == RULES.keys()


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_says_what_to_do(alert: str) -> None:
    """Who is woken up reads what happened, and finds the chapter that helps."""
    rule = RULES[alert]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in anchors((ROOT / path).read_text())


@pytest.mark.parametrize("alert", RULES)
def test_alerts_tell_environments_apart(alert: str) -> None:
    """One Prometheus may watch several namespaces, and trouble in one says nothing of another."""
    expression = RULES[alert]["expr"]
    assert all("namespace" in labels for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))


def test_only_figures_that_exist_are_asked_for() -> None:
    """A misspelt name would be an alert that never fires and a panel that is empty for ever."""
    asked = "".join(rule["expr"] for rule in RULES.values()) + (COMPONENT / "calcio.json").read_text()
    names = set(re.findall(r"\bcalcio_[a-z_]+", asked))
    assert names
    assert names - exported() == set()


def test_standings_are_named_as_the_contract_names_them() -> None:
    """Whoever serves not is alerted on, under a name that the gate really gives it, and nobody else is."""
    asked = re.findall(r'standing=~"([a-z_|]+)"', "".join(rule["expr"] for rule in RULES.values()))
    named_ = [name for names in asked for name in names.split("|")]
    serving = {Standing.UNFINISHED, Standing.AT_HEAD, Standing.AHEAD}
    assert sorted(named_) == sorted(set(Standing) - serving)


def test_the_management_port_of_each_pod_is_scraped(rollout: list[Object]) -> None:
    """The monitor finds the service's pods and a port of theirs, in every environment."""
    monitor = yaml.safe_load((COMPONENT / "podmonitor.yaml").read_text())["spec"]
    template = named(rollout, "Deployment", "calcio-service")["spec"]["template"]
    assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (endpoint,) = monitor["podMetricsEndpoints"]
    ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    assert (endpoint["port"], endpoint["path"]) in {(port, "/metrics") for port in ports - {"http"}}


def test_the_dashboard_is_one() -> None:
    """It parses, each panel has a place of its own, and each asks for one namespace."""
    panels = json.loads((COMPONENT / "calcio.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(place["x"], place["y"]) for panel in panels if (place := panel["gridPos"])]
    assert len(set(places)) == len(places)
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    assert all('{namespace="$namespace"' in expression for expression in asked)
