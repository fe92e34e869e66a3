"""What people, and those who are none, might type."""

from hypothesis import strategies as st

from bot.commands import COMMANDS, TAPS

ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
VERBS = [tap.verb for tap in TAPS]
NAMES = [name for command in COMMANDS for name in command.names]
ODD = [
    "5000", "5 000", "5k", "5.000", "0", "-1", "1e9", "1.5", "NaN", "٥٠٠٠", "²", "99999999999999999999", "20 USDT",
    "100 USD",
    "677123456", "677 12 34 56", "+237677123456", "00237677123456", "237 677 12 34 56", "222123456", "+1 202 555 0123",
    "+254700000001", "+22674000003", "661234567", "6771234567890123456789", "+++", "via kpay", "via page", "via lien",
    "via bank", "via crypto", "via TRC20", "via nowhere", "CM", "GA", "SN CM", "XAF XOF", "fr", "en", "-", "—", "TRON",
    ADDRESS, ADDRESS[:-1], "0x" + "a" * 40, "0x" + "0" * 64, "<b>", "</b>", "&amp;", "&#0;", "<a href='tg://user?id=1'>",
    "{amount}", "{0}", "%s", "\\", "'; DROP TABLE payment; --", "\x00", "\x1b[31m", "\u202e", "\u200b", "\ufeff",
    "👟", "🇨🇲", "é", "e\u0301", "\n", "\t", "\u2028", "x" * 121, "x" * 4000, "@guichet_bot", "/request", "shoes",
    "123456",
]  # fmt: skip
SIGNS = st.characters(exclude_categories=["Cs"])

pieces = st.one_of(st.sampled_from(ODD), st.text(SIGNS, max_size=12), st.integers().map(str))
tails = st.lists(pieces, max_size=5).map(" ".join)
commands = st.builds("/{}{} {}".format, st.sampled_from(NAMES), st.sampled_from(["", "", "@guichet_bot"]), tails)
money = st.builds(
    "/{} {} {} {}".format,
    st.sampled_from(["request", "payout", "airtime", "link", "payer", "demander"]),
    st.sampled_from(["5000", "20", "100 F", "20 USDT", "5k"]),
    st.sampled_from(["677123456", "+254700000001", "+22674000003", ADDRESS, "699 99 99 99", ""]),
    st.one_of(tails, st.sampled_from(["", "via kpay", "via page", "via crypto", "via sauripay"])),
)
lines = st.one_of(commands, commands, money, tails, st.text(SIGNS, max_size=200))


def telegram_takes(text: str) -> str:
    """Telegram sends no empty text, none longer than this, and none with a space at its ends."""
    return text.strip()[:4096].strip()
