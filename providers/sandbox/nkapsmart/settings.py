"""What Nkapsmart's part of the sandbox can be told. Each assumption about an undocumented answer is a setting."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from providers.sandbox.entries import State

# What the codes really are is not published.
NETWORKS = {"SIM-USDT-TRON": "TRON", "SIM-USDT-BSC": "BSC", "SIM-USDT-ETHEREUM": "ETHEREUM"}
WORDS = {State.PENDING: "Pending", State.SUCCEEDED: "Success", State.FAILED: "Failed"}


class NkapsmartSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    business: str = "GuichetSandbox"
    api_key: str = "sandbox-application-key"
    application_key: str = Field("", description="empty: the API key")
    secret_key: str = "sandbox-hmac-key"  # noqa: S105  # public: it opens nothing but this sandbox
    user_id: str = "11111111-2222-4333-8444-555555555555"
    token_life: int = Field(3600, ge=1)
    window: float = Field(300, ge=0, description="seconds that a timestamp may be off")
    replays: bool = Field(True, description="the same timestamp may sign in twice")

    opening: int = Field(1_000_000, ge=0)
    fee_percent: int = Field(0, ge=0, le=100, description="of collections")
    operators: dict[str, int] = Field(default_factory=lambda: {"MTN": 0, "ORANGE": 1})
    failing: list[str] = Field(default_factory=lambda: ["237677777770", "237699999990"])
    """Handsets that no payout reaches; the numbers are CamPay's, Nkapsmart documents none."""

    networks: dict[str, str] = Field(default_factory=lambda: dict(NETWORKS))
    crypto_amount: Literal["XAF", "USDT"] = "XAF"
    crypto_address: Literal["receiver", "sender"] = Field("receiver", description="whose paymentAddress is")
    francs_per_usdt: int = Field(600, ge=1)
    bank_timeout: float = Field(900, ge=0)
    deposit_timeout: float = Field(3600, ge=0)

    reply: Literal["record", "wrapped", "reference"] = Field("record", description="what a creating call answers")
    verify_hash: Literal["optional", "required"] = Field("optional", description="in the path, for mobile and bank")
    bulk_words: dict[State, str] = Field(default_factory=lambda: dict(WORDS))
    bulk_with_failures: Literal["Completed", "Partial"] = "Completed"
    bulk_lists: Literal["all", "first"] = Field("all", description="the documentation's sample lists one line of two")
    bulk_descriptions: bool = Field(True, description="whether the lines of a batch repeat their descriptions")
    bulk_maximum: int = Field(0, ge=0, description="100 are recommended; 0 refuses none")
    history: Literal["integers", "words"] = "integers"
    account_record: bool = Field(False, description="made-up values in the merchant's own record, instead of nulls")
    short_status: Literal[400, 403] = 403
    unknown_status: int = Field(404, ge=400, le=599)
    errors: Literal["problem", "text", "empty"] = "problem"

    callback_url: str = Field("", pattern=r"^(https?://\S+)?$")
    callback_failures: bool = Field(False, description="tell of failed charges as well; no name is documented")
