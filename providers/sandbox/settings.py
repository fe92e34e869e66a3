"""What the sandbox can be told at its start, and again while it runs. Money is whole francs."""

from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from providers.sandbox.entries import Reason
from providers.sandbox.kpay.settings import KPaySettings
from providers.sandbox.nkapsmart.settings import NkapsmartSettings
from providers.sandbox.sauripay.settings import SauriPaySettings

TestNumbers = Literal["auto", "ask"]


class _Live(BaseModel):
    """A wrong name or value is refused as a whole: a typing slip must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")

    def patch(self, changes: dict[str, Any]) -> None:
        fresh = type(self).model_validate(_merged(self.model_dump(), changes))
        for name in type(self).model_fields:
            setattr(self, name, getattr(fresh, name))


# "timeout", "Initiatee not found" and "PAYEE_NOT_FOUND" were seen; the two others are MTN's words, an assumption.
REASONS = {
    Reason.DECLINED: "APPROVAL_REJECTED",
    Reason.TIMEOUT: "timeout",
    Reason.INSUFFICIENT: "NOT_ENOUGH_FUNDS",
    Reason.UNKNOWN_PAYER: "Initiatee not found",
    Reason.UNKNOWN_PAYEE: "PAYEE_NOT_FOUND",
}


class CamPaySettings(_Live):
    app_name: str = "GuichetSandbox"
    username: str = "sandbox-user"
    password: str = "sandbox-pass"  # noqa: S105  # public: it opens nothing but this sandbox
    token: str = "5a9db0c05a9db0c05a9db0c05a9db0c05a9db0c0"  # noqa: S105
    webhook_key: str = "sandbox-webhook-key"
    token_life: int = Field(3600, ge=1)

    opening_mtn: int = Field(50_000, ge=0)
    opening_orange: int = Field(50_000, ge=0)
    opening_airtime: int = Field(10_000, ge=0)

    demo_limit: int = Field(25, ge=0, description="most that one collection may ask; 0 is the live system")
    minimum_mtn: int = Field(2, ge=1)
    minimum_orange: int = Field(10, ge=1)
    airtime_minimum: int = Field(100, ge=1)
    airtime_maximum: int = Field(100, ge=0, description="0 is no maximum")
    collect_fee_percent: int = Field(2, ge=0, le=100)
    withdraw_fee_percent: int = Field(0, ge=0, le=100)

    withdrawals: bool = True
    duplicates: Literal["replay", "reject"] = "replay"
    collects_per_minute: int = Field(0, ge=0, description="for each phone number; 0 is no limit")
    accept_plus: bool = False
    local_redirects: bool = Field(False, description="accept return pages that the real system could not reach")
    show_test_amounts: bool = False
    unknown_reference_status: int = Field(404, ge=400, le=599)
    reasons: dict[Reason, str] = Field(default_factory=lambda: dict(REASONS))
    history_zone: str = "Africa/Douala"
    history_newest_first: bool = True

    callback_url: str = Field("", pattern=r"^(https?://\S+)?$")
    callback_method: Literal["GET", "POST"] = "GET"
    callback_newer_fields: bool = False

    @field_validator("history_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("not a time zone") from None
        return name


class Settings(_Live):
    """What holds for every system, then one section for each."""

    pin: str = Field("1234", pattern=r"^\d{4,6}$")
    pin_tries: int = Field(3, ge=1)
    opening_wallet: int = Field(100_000, ge=0)
    prompt_timeout: float = Field(120.0, ge=0)
    test_numbers: TestNumbers = "auto"
    test_delay: float = Field(1.0, ge=0, description="seconds until a test number has its outcome")
    payout_delay: float = Field(1.0, ge=0, description="seconds until a payout or airtime arrives")
    callback_retries: int = Field(2, ge=0)
    callback_retry_delay: float = Field(5.0, ge=0)
    callback_timeout: float = Field(5.0, gt=0)
    tick: float = Field(0.05, gt=0, description="seconds between two looks at the clock")
    campay: CamPaySettings = Field(default_factory=CamPaySettings)
    kpay: KPaySettings = Field(default_factory=KPaySettings)
    sauripay: SauriPaySettings = Field(default_factory=SauriPaySettings)
    nkapsmart: NkapsmartSettings = Field(default_factory=NkapsmartSettings)

    @classmethod
    def instant(cls, **changes: Any) -> Self:
        """For tests: whatever needs no person ends at the next tick."""
        return cls.model_validate({"test_delay": 0, "payout_delay": 0, "callback_retry_delay": 0, **changes})


def _merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in changes.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
