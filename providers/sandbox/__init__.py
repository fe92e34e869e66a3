"""Payment systems on localhost: one ledger, phones that ask for a PIN, faults on demand.

Stands on the other side of the wire, so it imports no gateway.
"""

from providers.sandbox.entries import Kind, Reason, State
from providers.sandbox.server import Sandbox, serve
from providers.sandbox.settings import CamPaySettings, Settings

__all__ = ["CamPaySettings", "Kind", "Reason", "Sandbox", "Settings", "State", "serve"]
