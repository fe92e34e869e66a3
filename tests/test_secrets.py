"""Every tracked file, read for what must not be in a public place: keys, people's numbers, somebody's machine.

What looks like one and is none stands in the lists below, by its value or by its file, with the reason.
"""

import re
import subprocess
from collections.abc import Iterator
from functools import cache

import phonenumbers
import pytest

from providers.catalogue.kpay import TEST_NUMBERS as KPAY_NUMBERS
from providers.sandbox.campay.charges import TEST_NUMBERS as CAMPAY_NUMBERS
from tests.tree import ROOT

SECRETS = {
    "a bot's token": r"\b\d{8,10}:[\w-]{35}\b",
    "a signed token": r"\beyJ[\w-]{12,}\.[\w-]{8,}",
    "a private key": r"BEGIN [A-Z ]*PRIVATE KEY",
    "a sealed text": r"\bgAAAA[\w=-]{40,}",
    "a key by its prefix": r"\b(?:(?:kpay|sk|pk|rk)_(?:live|test)_|AKIA|gh[pousr]_|xox[bp]-|AIza)[A-Za-z0-9]{12,}",
    "a long hexadecimal word": r"\b[0-9a-fA-F]{32,}\b",
    "a long random word": (
        r"(?<![\w/+-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=(?:[\w+/-]*\d){4})"
        r"(?!0x[0-9a-fA-F]{40}\b)[A-Za-z0-9+/-]{40,}(?![\w/+-])"  # an address of a wallet is there to be given away
    ),
    "a password in an address": r"\b[a-z]+(?:\+[a-z]+)?://[^\s/:@{}<>\"']+:[^\s/@{}<>\"']+@",
}

INVENTED = {
    "5a9db0c0" * 5: "the demo's keys, which the demo's own sandbox takes",
    "5a9db0c0" * 8: "the demo's keys",
    "kpay_test_" + "5a9db0c0" * 2: "the demo's keys",
    "kpay_test_0123456789abcdef": "counted up",
    "sk_test_fedcba9876543210": "counted down",
    "0123456789abcdef0123456789abcdef01234567": "counted up",
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz": "the letters of base58",
    "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjM2NDAwMDB9": "a head and a date, without a signature",
}
"""Values that open nothing anywhere."""

DIGESTS = {
    "tests/providers/test_addresses.py": "addresses of the examples in EIP-55",
    "tests/providers/sandbox/test_callbacks.py": "a signature under an invented key",
    "tests/providers/test_campay.py": "a signature under an invented key",
    "tests/providers/test_nkapsmart.py": "a signature under an invented key",
    "tests/providers/test_kpay.py": "signatures under invented keys",
    "tests/providers/test_sauripay_signature.py": "signatures under invented keys",
    "tests/providers/test_signatures.py": "signatures under invented keys",
    "tests/storage/test_chain.py": "a digest",
}
"""Files whose long words are results, not keys."""

PASSWORDS = {
    "user:pass",
    "user:password",
    "user:pa55",
    "u:hunter2-hunter2",
    "u:p%40ss",
    "u:p%40ss-word",
    "guichet:PASSWORD",
}
"""In addresses that lead nowhere."""

REGISTRIES = (
    r"pypi\.[o]rg|pypi\.python|files\.python[h]osted|registry\.[n]pmjs|npmjs\.com|yarnpkg\.com|crates\.io|rubygems\.org"
    r"|proxy\.golang|index\.docker|ghcr\.io|quay\.io"
)
MACHINES = {
    "a path on somebody's machine": (
        r"(?<![\w.}])/(?:home|Users)/\w|(?<![\w.}])/(?:root|tmp|work)/|\b[A-Z]:\\\\?Users\\"
    ),
    "a package registry's host": rf"\b(?:{REGISTRIES})\b",
}

NUMBER = re.compile(r"(?<![\w.,:/#=-])\+?\d(?:[ .-]?\d){8,12}(?![\w]|[.,:-]\d)")
DOCUMENTED = {
    *CAMPAY_NUMBERS,
    *(number for country in KPAY_NUMBERS.values() for number in (*country.deposits, *country.payouts)),
}
"""What the systems themselves publish for tests."""

MADE_UP = re.compile(r"(\d)\1{3}|000|1234|2345|3456|4567|5678|112233|443322|111222333|^120255501\d\d$")
"""A number that counts or stands still was not taken from a customer; 555-01xx is kept free for stories."""

UNREAD = (".png", ".lock", ".db", ".ico", ".xlsx", ".ods", ".pdf")


@cache
def tracked() -> list[str]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, int, str]]:
    for name in tracked():
        if not name.endswith(UNREAD):
            for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
                yield name, number, line


def secrets_in(name: str, line: str) -> list[str]:
    found = []
    for what, pattern in SECRETS.items():
        if what.startswith("a long") and name in DIGESTS:
            continue
        found += [f"{what}: {match}" for match in re.findall(pattern, line) if not _open_to_all(match)]
    return found


def _open_to_all(value: str) -> bool:
    """Invented, or of so few letters that nobody would call it random."""
    password = re.sub(r"^.*://|@$", "", value)
    return any(value in known for known in INVENTED) or password in PASSWORDS or len(set(value)) < 6


def people_in(line: str) -> list[str]:
    """Numbers that libphonenumber takes for somebody's: with a country's code, or a Cameroonian mobile without."""
    found = []
    for match in NUMBER.finditer(line):
        digits = re.sub(r"\D", "", match[0])
        full = f"237{digits}" if len(digits) == 9 and digits[0] == "6" else digits
        if full in DOCUMENTED or MADE_UP.search(full) or not 11 <= len(full) <= 13:
            continue
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(f"+{full}")):
                found.append(match[0])
        except phonenumbers.NumberParseException:
            continue
    return found


def machines_in(line: str) -> list[str]:
    return [f"{what}: {line.strip()[:80]}" for what, pattern in MACHINES.items() if re.search(pattern, line)]


def test_no_tracked_file_holds_what_looks_like_a_secret() -> None:
    assert [f"{name}:{n}: {one}" for name, n, line in texts() for one in secrets_in(name, line)] == []


def test_no_tracked_file_holds_somebodys_phone_number() -> None:
    assert [f"{name}:{n}: {one}" for name, n, line in texts() for one in people_in(line)] == []


def test_no_tracked_file_names_a_machine_or_a_package_registry() -> None:
    assert [f"{name}:{n}: {one}" for name, n, line in texts() for one in machines_in(line)] == []


def test_the_lock_holds_hashes_and_no_host() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lines
    assert not [line for line in re.sub(r"sha256:[0-9a-f]{64}", "", lines).splitlines() if secrets_in("", line)]


def test_no_database_key_or_env_file_is_tracked() -> None:
    assert [name for name in tracked() if re.search(r"(^|/)\.env$|\.(db|sqlite3?|pem|key|p12|log)$", name)] == []


@pytest.mark.parametrize(
    "line",
    [
        "TOKEN=" + "8123456789:" + "AAH" + "x7Kq2Lm9Zt" * 3 + "Pw",
        "key: " + "kpay_live_" + "9f8e7d6c5b4a3f2e",
        'secret = "' + "c3f1a9d27b684e50" * 2 + '"',
        "-----BEGIN RSA PRI" + "VATE KEY-----",
        "sealed " + "gAAAAABn" + "Qm5kT2xR" * 8,
        "WEBHOOK=" + "q7Zp0LwXe3RtY6uI" * 3,
        "postgresql://guichet:" + "h7Kq2Lm9" + "@db.test/guichet",
    ],
)
def test_the_scan_sees_a_secret(line: str) -> None:
    assert secrets_in("docs/page.md", line)


@pytest.mark.parametrize(
    "number", ["+237 6 99 41 " + "87 25", "23767" + "0918264", "677 91 " + "82 64", "25472" + "0918264"]
)
def test_the_scan_sees_a_persons_number(number: str) -> None:
    assert people_in(f"call {number} now") == [number]


@pytest.mark.parametrize(
    "place", ["/ho" + "me/awa/guichet", "/tm" + "p/x", "C:\\Us" + "ers\\awa", "https://pypi" + ".org/simple"]
)
def test_the_scan_sees_a_machine(place: str) -> None:
    assert machines_in(f"see {place}")


def test_what_is_allowed_is_still_there() -> None:
    """A list that nobody prunes would one day allow something else."""
    everything = "\n".join(line for name, _, line in texts() if name != "tests/test_secrets.py")
    assert [value for value in INVENTED if value not in everything and value != "5a9db0c0" * 8] == []
    assert [name for name in DIGESTS if not (ROOT / name).is_file()] == []
