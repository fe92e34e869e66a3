"""promtool, Prometheus' own: the rules are whole, each alert comes when it must, and none comes on a good day."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.operations.papers import ALERTS, alerts

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (apt: prometheus)")

_GOOD_DAY = {
    'up{job="guichet",instance="a"}': "1x45",
    'guichet_ready{instance="a"}': "1x45",
    'guichet_database_up{instance="a"}': "1x45",
    'guichet_queue_wait_seconds{queue="dispatch"}': "0 2 0x43",
    'guichet_queue_wait_seconds{queue="poll"}': "0 30 0x43",
    'guichet_queue_wait_seconds{queue="notices"}': "0 30 0x43",
    'guichet_oldest_doubt_seconds{system="campay"}': "0 60 120 0x42",
    'guichet_oldest_open_payment_seconds{system="campay"}': "0+60x45",
    'guichet_provider_calls_total{system="campay",result="ok"}': "0+60x45",
    'guichet_provider_calls_total{system="campay",result="unreachable"}': "0+1x45",
    'guichet_provider_calls_total{system="campay",result="doubt"}': "0+1x45",
    'guichet_provider_calls_total{system="campay",result="keys"}': "0x45",
    'guichet_provider_answer_seconds_bucket{system="campay",le="3"}': "0+60x45",
    'guichet_provider_answer_seconds_bucket{system="campay",le="+Inf"}': "0+61x45",
    'guichet_provider_budget_left{system="kpay",pot="all"}': "100 40 0 90x43",
    'guichet_payment_moves_total{system="campay",kind="collection",state="succeeded"}': "0+8x45",
    'guichet_payment_moves_total{system="campay",kind="collection",state="failed"}': "0+2x45",
    'guichet_since_callback_seconds{system="campay"}': "5x45",
    'guichet_telegram_calls_total{result="ok"}': "0+100x45",
    'guichet_telegram_calls_total{result="flood"}': "0x35 1x9",
    'guichet_telegram_calls_total{result="unreachable"}': "0+1x45",
    'process_resident_memory_bytes{job="guichet",instance="a"}': "120000000x45",
}
_BAD_DAYS = {
    "GuichetDown": {'up{job="guichet",instance="a"}': "1x10 0x35"},
    "GuichetNotReady": {'guichet_ready{instance="b"}': "0x45"},
    "GuichetDatabaseAway": {'guichet_database_up{instance="b"}': "0x45"},
    "GuichetDispatchStuck": {'guichet_queue_wait_seconds{queue="dispatch"}': "0+60x45"},
    "GuichetPollingBehind": {'guichet_queue_wait_seconds{queue="poll"}': "0+60x45"},
    "GuichetTellingLate": {'guichet_queue_wait_seconds{queue="letters"}': "0+60x45"},
    "GuichetOldDoubt": {'guichet_oldest_doubt_seconds{system="campay"}': "3000+60x45"},
    "GuichetOldOpenPayment": {'guichet_oldest_open_payment_seconds{system="campay"}': "89000+60x45"},
    "GuichetProviderUnreachable": {'guichet_provider_calls_total{system="campay",result="doubt"}': "0+90x45"},
    "GuichetProviderKeysRefused": {'guichet_provider_calls_total{system="campay",result="keys"}': "0+1x45"},
    "GuichetProviderSlow": {
        'guichet_provider_answer_seconds_bucket{system="campay",le="12"}': "0+65x45",
        'guichet_provider_answer_seconds_bucket{system="campay",le="30"}': "0+90x45",
        'guichet_provider_answer_seconds_bucket{system="campay",le="+Inf"}': "0+90x45",
    },
    "GuichetBudgetUsedUp": {'guichet_provider_budget_left{system="kpay",pot="all"}': "0x45"},
    "GuichetFailuresJump": {
        'guichet_payment_moves_total{system="campay",kind="collection",state="failed"}': "0+30x45",
    },
    "GuichetCallbacksSilent": {'guichet_since_callback_seconds{system="campay"}': "20000+60x45"},
    "GuichetTelegramFloods": {'guichet_telegram_calls_total{result="flood"}': "0+20x45"},
    "GuichetTelegramUnreachable": {'guichet_telegram_calls_total{result="unreachable"}': "0+300x45"},
    "GuichetMemory": {'process_resident_memory_bytes{job="guichet",instance="a"}': "120000000+30000000x45"},
}


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_what_prometheus_takes() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", str(ALERTS))


def test_each_alert_comes_on_its_bad_day_alone_and_none_on_a_good_one(tmp_path: Path) -> None:
    assert set(_BAD_DAYS) == {alert.name for alert in alerts()}
    days = [_day("a good day", {}, set())]
    days += [_day(name, worse, {name}) for name, worse in _BAD_DAYS.items()]
    # Prometheus reads YAML, of which JSON is a part.
    (tmp_path / "days.yml").write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": days}))
    assert "SUCCESS" in promtool("test", "rules", str(tmp_path / "days.yml"))


def _day(name: str, worse: dict[str, str], fires: set[str]) -> dict[str, object]:
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(fires)]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in (_GOOD_DAY | worse).items()],
        "promql_expr_test": [{"expr": firing, "eval_time": "40m", "exp_samples": expected}],
    }
