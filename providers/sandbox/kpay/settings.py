"""What KPay's side can be told. Everything that its documentation leaves open is a switch here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from providers.catalogue.kpay import OPERATORS

Rate = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")]
Word = Literal["EXPIRED", "CANCELLED", "FAILED", "PENDING"]
_URL = r"^(https?://\S+)?$"


# Invented but for the first two, which are a sample's.
_PER_XAF = {
    "XAF": "1", "XOF": "1.0153", "KES": "0.2130", "CDF": "4.7100", "USD": "0.0017", "UGX": "6.0500", "RWF": "2.3900",
    "SLE": "0.0390", "ZMW": "0.0410", "GHS": "0.0190", "NGN": "2.5500",
}  # fmt: skip


class KPaySettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    api_key: str = Field("kpay_test_5a9db0c05a9db0c0", pattern=r"^kpay_(test|live)_\w+$")
    secret_key: str = "5a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c0"  # noqa: S105  # opens nothing else
    webhook_secret: str = "sandbox-kpay-webhooks"  # noqa: S105
    gateway_secret: str = "sandbox-kpay-gateway"  # noqa: S105
    application: str = "Guichet Sandbox"
    company: str = "Guichet Sandbox Inc"
    token_life: int = Field(1800, ge=1)

    opening: int = Field(500_000, ge=0, description="whole units in each country's wallet")
    mode: Literal["both", "USSD", "GATEWAY"] = "both"
    whitelist: list[str] = Field(default_factory=list, description="operator codes; empty is all")
    deposit_minimum: int = Field(50, ge=0, description="of a CFA franc, as the two below")
    payout_minimum: int = Field(100, ge=0)
    payout_maximum: int = Field(500_000, ge=0, description="0 is none")
    deposit_fee_percent: int = Field(2, ge=0, le=99)
    payout_fee_percent: int = Field(5, ge=0, le=99)
    decimals_where_mixed: Literal["both", "deposit", "payout", "none"] = "both"

    other_numbers: Literal["ask", "refuse", "fail"] = Field("ask", description="numbers that are in no table")
    check_country: bool = Field(True, description="refuse a number of another country than the operator's")
    predict_all: bool = Field(False, description="guess the operator of any Cameroonian number, as the live system")
    ported: dict[str, str] = Field(
        default_factory=dict, description="numbers that moved, to an operator's code, as predict-provider tells"
    )
    open_word: Literal["PENDING", "PROCESSING"] = "PENDING"
    declined_word: Literal["FAILED", "CANCELLED"] = "FAILED"
    failure_code_key: bool = Field(False, description="an own failureCode beside failureReason")
    withdrawal_replay: Literal["conflict", "first"] = "conflict"
    refund_replay: Literal["first", "conflict", "refuse"] = "first"
    refund_counts_twice: bool = Field(False, description="balance down and reserved up, as one text has it")

    session_life: int = Field(1800, ge=1)
    expired_word: Word = "EXPIRED"
    cancel_signed: bool = True

    requests_per_minute: int = Field(100, ge=0, description="0 is no limit, here and below")
    sessions_per_minute: int = Field(20, ge=0)
    session_looks_per_minute: int = Field(60, ge=0)
    session_looks_are: Literal["status", "page"] = "status"
    retry_after: bool = Field(True, description="name a time with 429")
    error_extras: bool = Field(False, description="code and path in errors")
    message_lists: bool = Field(False, description="message as a list of sentences")

    services: dict[str, dict[Literal["DEPOSIT", "PAYOUT"], Literal["OPERATIONAL", "DELAYED", "CLOSED"]]] = Field(
        default_factory=dict, description="by operator code; what is not named is OPERATIONAL"
    )
    per_xaf: dict[str, Rate] = Field(default_factory=lambda: dict(_PER_XAF))

    callback_posts: int = Field(3, ge=1, description="in all; three delays are documented, so it may be 4")
    callback_url: str = Field("", pattern=_URL)
    callback_url_deposits: str = Field("", pattern=_URL)
    callback_url_withdrawals: str = Field("", pattern=_URL)
    callback_url_refunds: str = Field("", pattern=_URL)

    @property
    def test(self) -> bool:
        return self.api_key.startswith("kpay_test_")

    @property
    def accepted(self) -> list[str]:
        return self.whitelist or list(OPERATORS)
