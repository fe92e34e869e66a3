from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.payments.accounts import Accounts
from bot.settings import BadSettings, Settings, read_environment
from providers.errors import Misconfigured
from storage.people import HOUSE
from tests.books import Clock

TOKEN = "123456789:" + "Ab-_" * 9
GOOD = {"TELEGRAM_BOT_TOKEN": TOKEN, "OWNER_IDS": "710001"}
SECRET = "hunter2-hunter2"


def read(**changes: str | None) -> Settings:
    given = {**GOOD, **changes}
    return Settings.read({name: value for name, value in given.items() if value is not None})


def complaint(**changes: str | None) -> str:
    with pytest.raises(BadSettings) as bad:
        read(**changes)
    return str(bad.value)


def test_a_token_and_an_owner_are_enough() -> None:
    found = read()
    assert found.model_dump(exclude={"telegram_bot_token", "guichet_secret_key", "telegram_webhook_secret"}) == {
        "telegram_api_url": "https://api.telegram.org",
        "bot_mode": "polling",
        "public_url": "",
        "listen": "127.0.0.1:8080",
        "trusted_proxies": ("127.0.0.1", "::1"),
        "metrics_listen": "",
        "owner_ids": (710001,),
        "admin_chat_id": None,
        "database_url": "sqlite:///guichet.db",
        "default_language": "fr",
        "timezone": "Africa/Douala",
        "prefer": (),
        "log_level": "info",
    }
    assert (found.country, found.telegram_bot_token.get_secret_value()) == ("CM", TOKEN)


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_is_required_is_missed_by_name(name: str, value: str | None) -> None:
    assert complaint(**{name: value}).startswith(f"{name} is missing")


WEBHOOK = {
    "BOT_MODE": "webhook",
    "PUBLIC_URL": "https://pay.example.org",
    "TELEGRAM_WEBHOOK_SECRET": "R4nd0m_w0rd-of-a-webhook",
}


def test_a_webhook_needs_an_address_and_a_secret() -> None:
    assert read(**WEBHOOK).bot_mode == "webhook"
    assert "R4nd0m_w0rd-of-a-webhook" in read(**WEBHOOK).secrets()
    told = complaint(BOT_MODE="webhook").splitlines()
    assert [line.split()[0] for line in told] == ["PUBLIC_URL", "TELEGRAM_WEBHOOK_SECRET"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://pay.example.org"),
        ("PUBLIC_URL", "https://pay.example.org:8080"),
        ("PUBLIC_URL", "https://pay.example.org:http"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://127.0.0.1:8080"),
        ("TELEGRAM_WEBHOOK_SECRET", "short"),
        ("TELEGRAM_WEBHOOK_SECRET", "a secret with spaces"),
        ("TELEGRAM_WEBHOOK_SECRET", "é" * 20),
        ("TELEGRAM_WEBHOOK_SECRET", "s" * 257),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
    ],
)
def test_what_telegram_would_not_take_is_told_before_it_is_asked(name: str, value: str) -> None:
    assert complaint(**{**WEBHOOK, name: value}).startswith(f"{name}: ")


def test_beside_a_telegram_of_ones_own_any_local_address_will_do() -> None:
    local = {"TELEGRAM_API_URL": "http://127.0.0.1:8081", "PUBLIC_URL": "http://127.0.0.1:8080"}
    assert read(**{**WEBHOOK, **local}).public_url == "http://127.0.0.1:8080"


KEYS = ("R4nd0m-w0rds-that-nobody-could-guess", "0123456789abcdef0123456789abcdef")


def test_several_keys_for_sealing_are_listed_and_none_is_none() -> None:
    assert read(GUICHET_SECRET_KEY=f" {KEYS[0]} , {KEYS[1]},").secret_keys == list(KEYS)
    assert read(GUICHET_SECRET_KEY="").secret_keys == []


@pytest.mark.parametrize(
    "weak", ["short-0123456789", "a" * 64, f"{KEYS[0]},changeme", "your-secret-key-of-32-characters-here"]
)
def test_a_sealing_key_that_could_be_guessed_is_refused_and_not_shown(weak: str) -> None:
    told = complaint(GUICHET_SECRET_KEY=weak)
    assert told.startswith("GUICHET_SECRET_KEY")
    assert weak not in told


def test_sealing_keys_are_among_the_secrets_that_no_log_shows() -> None:
    assert set(KEYS) <= set(read(GUICHET_SECRET_KEY=",".join(KEYS)).secrets())


def test_preferred_systems_are_listed_in_any_case_and_an_unknown_one_is_named() -> None:
    assert read(PREFER="KPay, campay,").prefer == ("kpay", "campay")
    told = complaint(PREFER="kpay,kpai")
    assert told.startswith("PREFER: unknown: kpai; known are ")
    assert "campay" in told


def test_all_that_is_missing_is_told_at_once() -> None:
    told = complaint(TELEGRAM_BOT_TOKEN=None, OWNER_IDS=None, TIMEZONE="Nowhere").splitlines()
    assert [line.split()[0].rstrip(":") for line in told] == ["TELEGRAM_BOT_TOKEN", "OWNER_IDS", "TIMEZONE"]


OPTIONAL = sorted(name.upper() for name in Settings.model_fields if name.upper() not in GOOD)


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize("name", OPTIONAL)
def test_an_empty_variable_counts_as_not_set(name: str, value: str) -> None:
    assert read(**{name: value}) == read()


@pytest.mark.parametrize("value", ["<your token>", "changeme", "your-token-here", "...", "xxx", "TODO"])
@pytest.mark.parametrize("name", sorted(name.upper() for name in Settings.model_fields))
def test_a_placeholder_is_refused_by_name(name: str, value: str) -> None:
    assert complaint(**{name: value}) == f"{name} still holds a placeholder"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", "hunter2-hunter2-hunter2"),
        ("TELEGRAM_BOT_TOKEN", "123456:short"),
        ("TELEGRAM_BOT_TOKEN", "bot" + TOKEN),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "ftp://api.telegram.org"),
        ("BOT_MODE", "carrier pigeon"),
        ("PUBLIC_URL", "shop.test"),
        ("LISTEN", "8080"),
        ("LISTEN", ":8080"),
        ("LISTEN", "127.0.0.1:"),
        ("LISTEN", "127.0.0.1:65536"),
        ("LISTEN", "127.0.0.1:http"),
        ("LISTEN", "127.0.0.1:²"),
        ("OWNER_IDS", "awa"),
        ("OWNER_IDS", "@awa"),
        ("OWNER_IDS", "710001,awa"),
        ("OWNER_IDS", "1.5"),
        ("OWNER_IDS", "-100710001"),
        ("OWNER_IDS", "0"),
        ("OWNER_IDS", "710001;710002"),
        ("ADMIN_CHAT_ID", "@counter"),
        ("DATABASE_URL", "guichet.db"),
        ("DATABASE_URL", "mysql://u:hunter2-hunter2@db/guichet"),
        ("DATABASE_URL", "postgresql://u:hunter2-hunter2@db:port/guichet"),
        ("DEFAULT_LANGUAGE", "de"),
        ("DEFAULT_LANGUAGE", "FR"),
        ("TIMEZONE", "Nowhere/Town"),
        ("TIMEZONE", "Africa"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", "/etc/localtime"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_what_is_wrong_is_told_by_name_and_no_secret_is_repeated(name: str, value: str) -> None:
    told = complaint(**{name: value})
    assert told.startswith(f"{name}: ")
    assert len(told.splitlines()) == 1
    assert "hunter2" not in told
    assert TOKEN not in told


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("OWNER_IDS", "710001, 710002 ,", "owner_ids", (710001, 710002)),
        ("OWNER_IDS", "5123456789012", "owner_ids", (5123456789012,)),
        ("ADMIN_CHAT_ID", "-1001234567890", "admin_chat_id", -1001234567890),
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "telegram_api_url", "http://127.0.0.1:8081"),
        ("PUBLIC_URL", "https://shop.test/bot/", "public_url", "https://shop.test/bot"),
        ("LISTEN", "[::1]:0", "listen", "[::1]:0"),
        ("LISTEN", "0.0.0.0:8080", "listen", "0.0.0.0:8080"),
        ("DATABASE_URL", "sqlite:////data/guichet.db", "database_url", "sqlite:////data/guichet.db"),
        (
            "DATABASE_URL",
            "postgresql+psycopg://u:p%40ss@db/guichet",
            "database_url",
            "postgresql+psycopg://u:p%40ss@db/guichet",
        ),
        ("DEFAULT_LANGUAGE", " en ", "default_language", "en"),
        ("LOG_LEVEL", "debug", "log_level", "debug"),
    ],
)
def test_what_is_right_is_taken(name: str, value: str, field: str, expected: Any) -> None:
    assert getattr(read(**{name: value}), field) == expected


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Africa/Douala", "CM"),
        ("Africa/Abidjan", "CI"),
        ("Africa/Kigali", "RW"),
        ("America/New_York", "US"),
        ("UTC", "CM"),
    ],
)
def test_the_clock_tells_the_country(zone: str, country: str) -> None:
    assert read(TIMEZONE=zone).country == country


def test_settings_do_not_show_their_secret() -> None:
    assert TOKEN not in repr(read()) + str(read())
    assert TOKEN in read().secrets()


def test_the_password_of_the_database_is_known_as_a_secret() -> None:
    assert "p@ss-word" in read(DATABASE_URL="postgresql+psycopg://u:p%40ss-word@db/guichet").secrets()


@settings(max_examples=100)
@given(name=st.sampled_from(sorted(name.upper() for name in Settings.model_fields)), value=st.text(max_size=40))
def test_any_value_is_taken_or_refused_by_name(name: str, value: str) -> None:
    try:
        read(**{name: value})
    except BadSettings as bad:
        told = str(bad)
    else:
        return
    assert told.startswith(name)


def test_what_the_process_says_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('OWNER_IDS=1\nPATH=nowhere\nGUICHET_TEST_QUOTED="a b"\nGUICHET_TEST_EMPTY\n')
    env = read_environment(tmp_path)
    assert (env["OWNER_IDS"], env["GUICHET_TEST_QUOTED"]) == ("1", "a b")
    assert env["PATH"] != "nowhere"
    assert "GUICHET_TEST_EMPTY" not in env


def test_without_a_file_there_is_only_the_process(tmp_path: Path) -> None:
    assert "PATH" in read_environment(tmp_path)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CAMPAY_USERNAME": "awa"}, "CAMPAY_PASSWORD"),
        ({"CAMPAY_PASSWORD": SECRET}, "CAMPAY_USERNAME"),
        ({"CAMPAY_WEBHOOK_KEY": SECRET}, "CAMPAY_TOKEN"),
        ({"CAMPAY_TOKEN": "<token>"}, "CAMPAY_TOKEN"),
        ({"CAMPAY_TOKEN": SECRET, "CAMPAY_BASE_URL": "http://demo.campay.net"}, "CAMPAY_BASE_URL"),
        ({"CAMPAY_TOKEN": SECRET, "CAMPAY_COLOUR": "red"}, "CAMPAY_COLOUR"),
    ],
)
def test_an_account_that_is_half_set_is_named_and_its_secrets_are_not(given: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named) as bad:
        Accounts.of_house(given, Clock())
    assert SECRET not in str(bad.value)


async def test_an_account_without_any_variable_is_off() -> None:
    assert (
        Accounts.of_house({"CAMPAY_BASE_URL": "https://demo.campay.net", "CAMPAY_TOKEN": ""}, Clock()).of(HOUSE) == []
    )
    accounts = Accounts.of_house({"CAMPAY_TOKEN": SECRET}, Clock())
    assert [provider.name for provider in accounts.of(HOUSE)] == ["campay"]
    assert SECRET in accounts.secrets()
    assert accounts.get(HOUSE, "campay")
    assert accounts.get(HOUSE + 1, "campay") is None
    assert accounts.of(HOUSE + 1) == []
    await accounts.close()


async def test_preferred_accounts_come_first_and_one_that_is_off_stays_off() -> None:
    env = {"CAMPAY_TOKEN": SECRET, "KPAY_API_KEY": f"kpay_test_{SECRET}", "KPAY_SECRET_KEY": SECRET}
    for prefer, order in [((), ["campay", "kpay"]), (("sauripay", "kpay"), ["kpay", "campay"])]:
        accounts = Accounts.of_house(env, Clock(), prefer=prefer)
        assert [provider.name for provider in accounts.of(HOUSE)] == order
        await accounts.close()
