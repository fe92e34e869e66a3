"""The Unipesa family: one wire under many brands. A brand is a module beside this package, with its own catalogue."""

from providers.unipesa.gateway import STATUS, Unipesa

__all__ = ["STATUS", "Unipesa"]
