import pytest

from providers.campay import CamPay
from providers.errors import Misconfigured
from providers.settings import is_placeholder


def read(**env: str) -> CamPay.Settings | None:
    return CamPay.Settings.read("campay", {f"CAMPAY_{name}": value for name, value in env.items()})


def test_an_account_with_no_variables_is_off() -> None:
    assert CamPay.Settings.read("campay", {"KPAY_API_KEY": "abc", "PATH": "/bin"}) is None


def test_a_host_alone_is_no_account() -> None:
    assert read(BASE_URL="https://www.campay.net", TOKEN="", PASSWORD="  ") is None


def test_a_token_is_an_account_on_the_demo_host() -> None:
    settings = read(TOKEN="69e2d")
    assert settings
    assert settings.base_url == "https://demo.campay.net"


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"USERNAME": "app-1"}, "CAMPAY_PASSWORD"),
        ({"PASSWORD": "pa55"}, "CAMPAY_USERNAME"),
        ({"WEBHOOK_KEY": "k3y"}, "CAMPAY_TOKEN"),
    ],
)
def test_a_half_set_account_names_the_missing_variable(given: dict[str, str], lacking: str) -> None:
    with pytest.raises(Misconfigured, match=f"missing: {lacking}$"):
        read(**given)


@pytest.mark.parametrize(
    "copied", ["<your token>", "changeme", "change-me-now", "YOUR_TOKEN", "xxxxxxxx", "...", "Secret"]
)
def test_a_value_copied_from_an_example_is_refused(copied: str) -> None:
    assert is_placeholder(copied)
    with pytest.raises(Misconfigured, match="CAMPAY_TOKEN still holds a placeholder"):
        read(TOKEN=copied)


@pytest.mark.parametrize("real", ["69e2d", "secretly-real-1", "x9", "https://demo.campay.net", "b-80foj:"])
def test_a_real_value_is_no_placeholder(real: str) -> None:
    assert not is_placeholder(real)


def test_an_unknown_variable_is_refused_by_name() -> None:
    with pytest.raises(Misconfigured, match="CAMPAY_TOKNE"):
        read(TOKNE="69e2d")


@pytest.mark.parametrize("url", ["demo.campay.net", "https://demo.campay.net/api", "ftp://demo.campay.net", "https://"])
def test_a_base_url_is_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(Misconfigured, match="CAMPAY_BASE_URL"):
        read(TOKEN="69e2d", BASE_URL=url)


@pytest.mark.parametrize("url", ["http://www.campay.net", "http://127.evil.com", "http://8.8.8.8"])
def test_keys_do_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(Misconfigured, match="https"):
        read(TOKEN="69e2d", BASE_URL=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8601", "http://localhost:8601", "http://sandbox", "http://[::1]:80"])
def test_http_is_for_this_machine_and_its_network(url: str) -> None:
    assert read(TOKEN="69e2d", BASE_URL=url)


def test_secrets_hide_themselves_and_are_known_to_the_redactor() -> None:
    settings = read(TOKEN="69e2d", WEBHOOK_KEY="k3y")
    assert settings
    assert "69e2d" not in repr(settings)
    assert sorted(settings.secrets()) == ["69e2d", "k3y"]


def test_a_wrong_value_is_not_quoted() -> None:
    with pytest.raises(Misconfigured) as caught:
        read(TOKEN="69e2d", BASE_URL="https://user:pa55@host/x")
    assert "pa55" not in str(caught.value)
