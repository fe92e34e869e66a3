"""CamPay as its merchants see it (documentation page T1LV8PVA, read 2026-11-20), over the sandbox's ledger."""
