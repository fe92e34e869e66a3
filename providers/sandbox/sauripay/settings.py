"""What SauriPay's part of the sandbox can be told. Each assumption about an undocumented answer is a setting."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SauriPaySettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    app_name: str = "GuichetSandbox"
    public_id: str = "sandbox-public-id"
    merchant_id: str = "sandbox-merchant-id"
    secret_key: str = Field("sandbox-sauripay-key", min_length=1)
    opening: int = Field(1_000_000, ge=0, description="the merchant's balance in each currency")
    otp: str = Field("5647", pattern=r"^\d{4,8}$", description="the code that every payer gets")
    link_delay: float = Field(1.0, ge=0, description="seconds until the page's address is in the status answer")
    page_timeout: float = Field(600.0, ge=0, description="seconds until a page or a bank account expires")

    bank_details_ids: list[int] = Field([2311], description="of Nigeria; the other bank ids have a page")
    otp_status_ids: list[int] = Field([2304, 2334, 806], description="of Ivory Coast; the code comes with /status")
    down_ids: list[int] = Field([], description="these operators can't be reached: 10301")
    refusing_ids: list[int] = Field([], description="these operators refuse at once, behind a result code of 0")

    unknown_public_id_status: int = Field(404, ge=200, le=599)
    bad_signature: Literal["json", "html"] = "json"
    shared_order_ids: bool = Field(True, description="one namespace for both directions")
    missing_extras: Literal["refuse", "accept"] = "refuse"
    limits: Literal["refuse", "accept"] = "refuse"
    declined_status: Literal[3, 4] = 3
    confirm_type: int = Field(0, ge=0, description="other than 0: payouts wait for a second request")
    confirm_type_always: bool = Field(True, description="the schema has it in each reply, the samples do not")
    callback_currency: bool = False
    callback_other_transaction: bool = Field(False, description="another transaction_id than the first reply's")
