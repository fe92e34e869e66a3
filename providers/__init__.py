"""The outside world: one file for each payment system. Knows nothing of bot/ or storage/."""

import importlib
import inspect
import pkgutil

from providers.base import Provider

_OWN = {"addresses", "base", "budget", "client", "errors", "fields", "money", "redaction", "settings", "token"}


def discover() -> dict[str, type[Provider]]:
    """Every Provider that a module of this package defines, by its name, in alphabetical order."""
    found: dict[str, type[Provider]] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg or module.name in _OWN:
            continue
        for _, member in inspect.getmembers(importlib.import_module(f"{__name__}.{module.name}"), inspect.isclass):
            if issubclass(member, Provider) and member.__module__ == f"{__name__}.{module.name}":
                found[member.name] = member
    return dict(sorted(found.items()))
