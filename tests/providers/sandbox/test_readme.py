"""The README's lines as somebody types them, top to bottom, and every answer against the systems' own samples."""

import asyncio
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from providers import sandbox
from providers.sandbox import Settings, serve
from tests.providers.samples.documented import DOCUMENTED, Shape

HERE = Path(__file__).parent
README = (Path(sandbox.__file__).parent / "README.md").read_text(encoding="utf-8")
PAGE = (HERE.parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
SHELL = shutil.which("bash")
pytestmark = pytest.mark.skipif(not SHELL, reason="there is no bash to run the lines with")


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    sent: str
    status: int
    answer: str

    @property
    def body(self) -> Any:
        return json.loads(self.answer)


def script(url: str) -> str:
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", README)
    typed = "\n".join(block for block in blocks if "python -m providers.sandbox" not in block)
    return "set -euo pipefail\n" + typed.replace("http://127.0.0.1:8801", url)


async def typed(path: str, transcript: Path) -> str:
    """What a shell says to all of it; `path` is where it looks for curl first."""
    assert SHELL
    env = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "TRANSCRIPT": str(transcript)}
    async with serve(Settings()) as box, asyncio.timeout(120):
        shell = await asyncio.create_subprocess_exec(
            SHELL, "-c", script(box.url), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await shell.communicate()
    assert shell.returncode == 0, said.decode()[-2000:]
    return said.decode()


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Exchange]:
    folder = tmp_path_factory.mktemp("readme")
    curl = folder / "curl"
    curl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{HERE / "curl.py"}" "$@"\n', encoding="utf-8")
    curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
    transcript = folder / "transcript"
    asyncio.run(typed(str(folder), transcript))
    return [Exchange(*json.loads(line)) for line in transcript.read_text(encoding="utf-8").splitlines()]


def named(one: Exchange) -> str:
    """The documented call that this is. "GET /api/v1/payments/me" is no "GET /api/v1/payments/{id}"."""
    asked = f"{one.method} {one.path}"
    if re.fullmatch(r"GET /api/v2/TransactionSecond/verify/[\w-]+", asked):  # mobile and bank leave the hash out
        asked += "/none"
    page = ", page" if "returnUrl" in one.sent else ", phone"
    alike = [
        call for call in DOCUMENTED if pattern(call).fullmatch(asked) and call.endswith(page if "," in call else "")
    ]
    return min(alike, key=lambda call: call.count("{"), default="")


def pattern(call: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", r"[\\w-]+", re.escape(call.partition(",")[0])))


def test_every_line_of_the_readme_gets_the_answer_that_it_promises(heard: list[Exchange]) -> None:
    assert [(one.method, one.path, one.status, one.answer) for one in heard if one.status not in {200, 201}] == []
    refused = [one.answer for one in heard if "sandbox-public-id" in one.path and one.body["result"]["code"]]
    assert refused == []
    said = " ".join(one.answer for one in heard)
    for end in ("SUCCESSFUL", "COMPLETED", '"SUCCESS"', '"Success"', '"customer_redirect"', '"account_number"'):
        assert end in said


def test_every_documented_call_answers_as_its_sample_does_field_by_field(heard: list[Exchange]) -> None:
    calls = [(named(one), one) for one in heard if named(one)]
    assert {call for call, _ in calls} == set(DOCUMENTED), "every call has its line in the README"
    for call, one in calls:
        known = DOCUMENTED[call]
        assert (call, one.status) == (call, known.status)
        assert (call, list(differences(one.body, known.shape, known.optional))) == (call, [])


def differences(value: Any, shape: Shape, optional: frozenset[str] = frozenset(), at: str = "") -> Iterator[str]:
    match shape:
        case tuple():
            if all(list(differences(value, kind, optional, at)) for kind in shape):
                yield f"{at}: {type(value).__name__}"
        case [inner]:
            if not isinstance(value, list) or not value:
                yield f"{at}: no list with something in it"
                return
            for number, item in enumerate(value):
                yield from differences(item, inner, optional, f"{at}[{number}]")
        case dict():
            if not isinstance(value, dict):
                yield f"{at}: {type(value).__name__}"
                return
            yield from (f"{at}.{name}: missing" for name in shape.keys() - value.keys() - optional)
            yield from (f"{at}.{name}: not documented" for name in value.keys() - shape.keys())
            for name in shape.keys() & value.keys():
                yield from differences(value[name], shape[name], optional, f"{at}.{name}")
        case None:
            if value is not None:
                yield f"{at}: {type(value).__name__}"
        case _:
            if type(value) is not shape:
                yield f"{at}: {type(value).__name__}"


def test_every_call_on_the_page_of_systems_that_is_used_has_its_sample() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `(GET|POST) /", line) and "not used" not in line]
    told = {row.split(" | ")[0].removeprefix("| ").replace("`", "").removesuffix(", mobile and bank") for row in rows}
    assert told == set(DOCUMENTED)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
async def test_the_real_curl_gets_through_the_readme_as_well(tmp_path: Path) -> None:
    real = shutil.which("curl")
    wrapper = tmp_path / "curl"
    wrapper.write_text(f'#!/bin/sh\n{real} --fail-with-body "$@" || [ $? = 28 ]\n', encoding="utf-8")  # 28: --max-time
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    assert "customer_redirect" in await typed(str(tmp_path), tmp_path / "none")


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"id": "a", "rows": [{"n": 1}]}, 0),
        ({"id": None, "rows": [{"n": 1.5}]}, 0),
        ({"id": 7, "rows": [{"n": 1}]}, 1),
        ({"id": "a", "rows": [{"n": True}]}, 1),
        ({"id": "a", "rows": [{"n": "1"}, {}]}, 2),
        ({"id": "a", "rows": []}, 1),
        ({"rows": [{"n": 1}], "new": 1}, 2),
        ([], 1),
    ],
)
def test_a_shape_that_differs_is_noticed(value: Any, wrong: int) -> None:
    assert len(list(differences(value, {"id": (str, None), "rows": [{"n": (int, float)}]}))) == wrong
