"""Accounts with the four systems of the payment sandbox. Its keys are public: they open nothing else."""

from collections.abc import Mapping

CAMPAY_TOKEN = "5a9db0c05a9db0c05a9db0c05a9db0c05a9db0c0"  # noqa: S105
CAMPAY_WEBHOOK_KEY = "sandbox-webhook-key"
TRON_WALLET = "TF8iBfzyWjUXuQeKWfJo34iVeH6NcVTin7"
"""Made from a word: whatever were sent there, nobody could ever spend."""


def variables(box_url: str, web_url: str) -> Mapping[str, str]:
    """`web_url` is where the bot hears callbacks."""
    return {
        "CAMPAY_BASE_URL": box_url,
        "CAMPAY_TOKEN": CAMPAY_TOKEN,
        "CAMPAY_WEBHOOK_KEY": CAMPAY_WEBHOOK_KEY,
        "KPAY_BASE_URL": box_url,
        "KPAY_API_KEY": "kpay_test_5a9db0c05a9db0c0",
        "KPAY_SECRET_KEY": "5a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c05a9db0c0",
        "KPAY_WEBHOOK_SECRET": "sandbox-kpay-webhooks",
        "KPAY_GATEWAY_SECRET": "sandbox-kpay-gateway",
        "NKAPSMART_BASE_URL": box_url,
        "NKAPSMART_API_KEY": "sandbox-application-key",
        "NKAPSMART_SECRET_KEY": "sandbox-hmac-key",
        "NKAPSMART_EMAIL": "demo@guichet.test",
        "NKAPSMART_OPERATORS": "MTN=0,ORANGE=1",
        "NKAPSMART_NETWORKS": "TRON=SIM-USDT-TRON,BSC=SIM-USDT-BSC",
        "NKAPSMART_CRYPTO_CURRENCY": "XAF",
        "NKAPSMART_WALLETS": f"TRON={TRON_WALLET}",
        "SAURIPAY_BASE_URL": box_url,
        "SAURIPAY_PUBLIC_ID": "sandbox-public-id",
        "SAURIPAY_MERCHANT_ID": "sandbox-merchant-id",
        "SAURIPAY_SECRET_KEY": "sandbox-sauripay-key",
        "SAURIPAY_PROVIDER_IDS": "KE:MPESA=2390,CI:ORANGE=2304,BF:ORANGE=9209,UG:MTN=2106,NG:BANK=2311",
        "SAURIPAY_CALLBACK_URL": f"{web_url}/callbacks/sauripay",
    }
