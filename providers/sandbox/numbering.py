"""Cameroon's numbers: whose prefix it is. Nine digits after 237 since 2014; from libphonenumber's data.

Numbers are portable, so a prefix is the plan's word, not the truth; the sandbox's customers never ported theirs.
"""

import re

_CARRIERS = [
    (re.compile(r"237(65[0-4]|67\d|68[0-3])\d{6}"), "MTN"),
    (re.compile(r"237(64\d|65[5-9]|68[6-9]|69\d)\d{6}"), "ORANGE"),
    (re.compile(r"237(66\d|68[45])\d{6}"), "NEXTTEL"),
    (re.compile(r"237(62\d|24[23])\d{6}"), "CAMTEL"),
    (re.compile(r"237(222|233)\d{6}"), "FIXED"),
]


def carrier(msisdn: str) -> str:
    """MTN, ORANGE, NEXTTEL, CAMTEL or FIXED; empty where the plan has no such number."""
    return next((name for pattern, name in _CARRIERS if pattern.fullmatch(msisdn)), "")
