"""As much of PromQL as is needed to see which metrics and labels an expression names."""

import re

_NAME = re.compile(r"\b[a-z_][a-z0-9_]*\b(?=\s*[{\[)]|\s*$|\s*[<>=/+*-]|\s+(?:and|or|unless)\b)")
_LABELS = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"([^\"]*)\"")
_GROUPS = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_STRINGS = re.compile(r"\"[^\"]*\"")


def metrics(expression: str) -> set[str]:
    """Names of metrics; functions stand before a parenthesis and are none."""
    bare = re.sub(r"\{[^}]*\}", "{}", _GROUPS.sub("", expression))
    return {name for name in _NAME.findall(_STRINGS.sub("", bare)) if "_" in name or name == "up"}


def labels(expression: str) -> dict[str, set[str]]:
    """Which labels it asks for, and the words that each may have, where it says so."""
    found: dict[str, set[str]] = {}
    for name, words in _LABELS.findall(expression):
        found.setdefault(name, set()).update(words.split("|"))
    for group in _GROUPS.findall(expression):
        for name in re.findall(r"\w+", group):
            found.setdefault(name, set())
    return found
