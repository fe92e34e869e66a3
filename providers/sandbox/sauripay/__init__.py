"""SauriPay as its merchants see it, over the sandbox's ledger: orders, look-ups, callbacks, and its payers' pages."""
