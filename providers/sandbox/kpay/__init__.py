"""KPay: one application's wire, its hosted pages and its webhooks."""
