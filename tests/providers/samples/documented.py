"""The answers that the systems' own pages show, as shapes: a field's type, `None` for one that may be null.

Keys are the calls as docs/providers.md names them. `Call.optional` are fields that some of a page's samples leave out.
CamPay's page has no sample of an answer, so its shapes are those that were measured on its demo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shape = Any
"""A type, a tuple of types, {field: shape}, or [shape] for a list of any length but none."""

NUMBER = (int, float)
TEXT_OR_NOTHING = (str, None)
NUMBER_OR_NOTHING = (int, float, None)


@dataclass(frozen=True)
class Call:
    status: int
    shape: Shape
    optional: frozenset[str] = frozenset()


def fields(names: str, kind: Shape = str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), kind)


# CamPay

TRANSACTION = fields(
    "reference status amount currency operator code operator_reference endpoint signature external_reference "
    "external_user extra_first_name extra_last_name extra_email app_amount phone_number redirect_url "
    "failure_redirect_url description reason"
)
ROW = {
    **fields("datetime code operator phone_number description external_user status reference_uuid"),
    "operator_tx_code": TEXT_OR_NOTHING,
    **fields("amount charge_amount debit credit", float),
}
AIRTIME = {**fields("reference external_reference status currency operator code type reason"), "amount": NUMBER}
BALANCES = "total_balance mtn_balance orange_balance utility_balance utility_commission_balance"

CAMPAY = {
    "POST /api/token/": Call(200, {"token": str, "expires_in": int}),
    "POST /api/collect/": Call(200, fields("reference ussd_code operator")),
    "POST /api/withdraw/": Call(200, fields("reference status")),
    "GET /api/transaction/{reference}/": Call(200, TRANSACTION),
    "POST /api/get_payment_link/": Call(200, fields("link reference")),
    "GET /api/balance/": Call(200, {**fields(BALANCES, NUMBER), "currency": str}),
    "POST /api/history/": Call(200, {"data": [ROW]}),
    "POST /api/utilities/airtime/transfer/": Call(200, fields("reference status")),
    "GET /api/utilities/transaction/{reference}/": Call(200, AIRTIME),
}

# KPay

FEES = fields("netAmount feeAmount", NUMBER)
ASKED = {
    **fields("id reference status currency externalId provider country phoneNumber message"),
    "providerReference": TEXT_OR_NOTHING,
    "amount": NUMBER,
    "isTest": bool,
}
PAGE = {
    **fields("id reference externalId status mode currency gatewayUrl expiresAt message"),
    "amount": NUMBER,
    "isTest": bool,
}
PAYMENT = {
    **fields("id reference status currency externalId createdAt"),
    **fields(
        "providerReference provider country phoneNumber description completedAt failedAt failureReason", (str, None)
    ),
    **fields("amount netAmount feeAmount", NUMBER),
    "isTest": bool,
    "metadata": (dict, None),
}
WALLET = {**fields("id reference type currency country"), "amount": NUMBER}
TRANSFER = {
    **fields("id createdAt"),
    **fields("description externalId", TEXT_OR_NOTHING),
    **fields("sourceTransaction destinationTransaction", WALLET),
    "exchangeRate": NUMBER,
}
REFUND = {**fields("id status currency originalPaymentId originalPaymentStatus message"), "amount": NUMBER}
SERVICES = {
    "country": str,
    "providers": [{"provider": str, "operationTypes": [fields("operationType status")]}],
}
NAMED = fields("id name")

KPAY = {
    "GET /api/v1/payments/me": Call(200, {"application": NAMED, "company": NAMED, "environment": str}),
    "POST /api/v1/payments/token": Call(201, fields("accessToken expiresIn environment")),
    "POST /api/v1/payments/init, phone": Call(201, ASKED),
    "POST /api/v1/payments/init, page": Call(201, PAGE),
    "GET /api/v1/payments/{id}": Call(200, PAYMENT),
    "POST /api/v1/payments/{id}/refund": Call(201, REFUND),
    "POST /api/v1/payments/withdraw, phone": Call(201, ASKED | FEES),
    "POST /api/v1/payments/withdraw, page": Call(201, PAGE | FEES),
    "GET /api/v1/payments/withdraw/{id}": Call(200, PAYMENT),
    "POST /api/wallets/transfer": Call(201, TRANSFER),
    "GET /api/v1/payments/balance": Call(
        200, [{"currency": str, **fields("balance reservedBalance availableBalance", NUMBER)}]
    ),
    "GET /api/v1/payments/exchange-rate": Call(200, {**fields("from to"), "rate": NUMBER}),
    "GET /api/v1/payments/availability": Call(200, [SERVICES]),
    "POST /api/v1/payments/predict-provider": Call(201, fields("country provider phoneNumber")),
}

# Nkapsmart. Of the creating calls its page shows nothing: that they answer with the record is an assumption.

FILE = (dict, None)
LOGIN = {
    **fields("id userName normalizedUserName email normalizedEmail passwordHash securityStamp", TEXT_OR_NOTHING),
    **fields("concurrencyStamp phoneNumber lockoutEnd fullName enterpriseName websiteUrl logoName", TEXT_OR_NOTHING),
    **fields("nuiValue cardId niuId commercialRegisterId taxSheetId ribId createdAt updatedAt", TEXT_OR_NOTHING),
    **fields("emailConfirmed phoneNumberConfirmed twoFactorEnabled lockoutEnabled", (bool, None)),
    **fields("accessFailedCount status type widrawCountTransaction", NUMBER_OR_NOTHING),
    **fields("card niu commercialRegister taxSheet rib", FILE),
}
POCKET = {**fields("id businessId createdAt updatedAt"), "operator": int, "amount": NUMBER}
BUSINESS = {
    **fields("id name description returnUrl callbackUrl logoUrl allowIp userId createdAt updatedAt", TEXT_OR_NOTHING),
    **fields("balance prevWidrawAmount transactionFees", NUMBER_OR_NOTHING),
    "activateEmail": (bool, None),
    "user": LOGIN,
    "businessOperatorBalance": [POCKET],
}
HISTORY = {
    **fields("id transactionReference transactionKey walletToken transactionContactId createdAt updatedAt"),
    **fields("transactionType transactionStatus operator transactionCategory", int),
    **fields("transactionAmount transactionWithOutFees", NUMBER),
    **fields("payAmount realAmount", NUMBER_OR_NOTHING),
    **fields("transactionDescription successUrl cancelUrl productName paymentUrl faildRaison", TEXT_OR_NOTHING),
    **fields("description payCurrency ash paymentAddress payeeAddress transactionContact", TEXT_OR_NOTHING),
    **fields("businnesId bulkOperationId", TEXT_OR_NOTHING),
    "business": BUSINESS,
}
CONTACT = {
    **fields("id phoneNumber email"),
    **fields("address city state country zipCode", TEXT_OR_NOTHING),
    "transactions": [HISTORY],
}
RECORD = {
    **fields("transactionReference transactionDescription walletToken transactionType transactionCategory successUrl"),
    **fields("cancelUrl transactionKey transactionStatus paymentUrl createdAt"),
    **fields("productName raison paymentAddress payeeAddress ash", TEXT_OR_NOTHING),
    "transactionAmount": NUMBER,
    "cryptoPayAmount": NUMBER_OR_NOTHING,
    "transactionContact": CONTACT,
}
LINE = {
    **fields("id phoneNumber email description status transactionKey errorMessage createdAt"),
    "amount": NUMBER,
}
BATCH = {
    **fields("bulkOperationId status createdAt updatedAt"),
    **fields("totalCount successCount failedCount pendingCount", int),
    "transactions": [LINE],
}
V2 = "/api/v2/TransactionSecond"

NKAPSMART = {
    "POST /api/auth/authenticate": Call(200, {**fields("accessToken tokenType userId"), "expiresAt": int}),
    f"POST {V2}/mobile": Call(200, RECORD),
    "POST /api/Transaction/bank": Call(200, RECORD),
    f"POST {V2}/crypto": Call(200, RECORD),
    f"POST {V2}/mobile/widraw": Call(200, RECORD),
    f"POST {V2}/crypto/widraw": Call(200, RECORD),
    f"POST {V2}/mobile/withdraw/bulk": Call(200, BATCH),
    f"GET {V2}/mobile/widraw/bulk/{{bulkOperationId}}": Call(200, BATCH),
    f"GET {V2}/verify/{{transactionkey}}/{{ash}}": Call(200, RECORD),
}

# SauriPay: one answer for all three calls

RESULT = {"code": int, "message": str}
TRANSFER_TO = {**fields("account_name account_number bank_name"), "transfer_amount": NUMBER}
ANSWER = Call(
    200,
    {
        **fields("order_id transaction_id transaction_ref service_date_time"),
        **fields("status service_id confirm_type", int),
        **fields("result provider_result", RESULT),
        "service_version": (str, float),
        "extra": ({"customer_redirect": str}, TRANSFER_TO),
    },
    optional=frozenset({"confirm_type", "extra"}),
)

SAURIPAY = {f"POST /{{public_id}}/{call}": ANSWER for call in ("payment_c2b", "payment_b2c", "status")}

DOCUMENTED: Mapping[str, Call] = {**CAMPAY, **KPAY, **NKAPSMART, **SAURIPAY}

WORDS = {
    "campay": {"PENDING", "SUCCESSFUL", "FAILED"},
    "kpay": {"PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED", "REFUNDED"},
    "nkapsmart": {"PENDING", "SUCCESS", "FAILED"},
    "sauripay": {"-1", "0", "1", "2", "3", "4"},
}
"""The status words of a payment, by their pages. What a batch of Nkapsmart says of itself decides nothing."""
