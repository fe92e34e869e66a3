"""The variables as they are written: each that is wrong is named, and the others are tried all the same."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bot.settings import BadSettings, Settings
from bot.watch.findings import Finding, fine, wrong

_STAND_INS = {"TELEGRAM_BOT_TOKEN": "1:" + "Ab-_" * 9, "OWNER_IDS": "1"}
_OURS = frozenset(name.upper() for name in Settings.model_fields)
_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Read:
    """`settings`: what is right of them; `bad` are the names of the others, which then have a default or a stand-in."""

    settings: Settings
    bad: frozenset[str]
    findings: list[Finding]


def read(env: Mapping[str, str], folder: Path) -> Read:
    good, lines = dict(env), list[str]()
    while True:
        try:
            settings = Settings.read(good)
        except BadSettings as error:
            told = str(error).splitlines()
            lines += told
            _leave_out(good, {_name(line) for line in told})
        else:
            break
    bad = frozenset(map(_name, lines))
    found = [wrong(_name(line), "doctor.setting", words=line.removeprefix(_name(line)).lstrip(": ")) for line in lines]
    found += [*_misspelt(env), *_open_file(folder)]
    return Read(settings, bad, found or [fine("settings")])


def _name(line: str) -> str:
    return line.partition(" ")[0].rstrip(":")


def _leave_out(good: dict[str, str], names: set[str]) -> None:
    before = dict(good)
    for name in names:
        good.pop(name, None)
        if name in _STAND_INS:
            good[name] = _STAND_INS[name]
    if good == before:  # what the webhook alone wants
        good.pop("BOT_MODE", None)


def _misspelt(env: Mapping[str, str]) -> list[Finding]:
    free = _OURS - {name for name, value in env.items() if value.strip()}
    meant = {name: get_close_matches(name, free, 1, _ALIKE) for name in sorted(env.keys() - _OURS)}
    return [wrong(name, "doctor.misspelt", meant=ours[0]) for name, ours in meant.items() if ours]


def _open_file(folder: Path) -> list[Finding]:
    file = folder / ".env"
    if file.exists() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return [wrong(".env", "doctor.file")]
    return []
