"""The catalogues against the code: keys that code says are found by reading it, f-strings by their families."""

import ast
import re
import string
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from markupsafe import Markup

import bot
from bot.commands import COMMANDS
from bot.payments.arrivals import Verdict
from bot.payments.policy import FirstPayee, Why
from bot.payments.privacy import SPANS
from bot.payments.receipts import GIVEN, Standing
from bot.payments.reconcile import Oddity
from bot.payments.review import ENDS
from bot.payments.rules import RULES
from bot.payments.schedules import What
from bot.texts import LANGUAGES, Voice, catalogue, language_for
from bot.ui import ledger
from bot.ui.codes import QUESTIONS
from bot.ui.naming import QUESTIONS as PAYEE_QUESTIONS
from bot.ui.rows import COLUMNS, MORE
from bot.ui.steps import TAPPED
from providers import discover, sandbox
from providers.addresses import Flaw
from providers.campay import CamPay
from providers.errors import Reason
from providers.messages import Channel, Kind, Outcome, StepKind
from providers.money import Money
from storage.models import News, Role, Told
from storage.states import State
from tests.books import Clock
from tests.bot.telegram_html import plain

FR, EN = Voice("fr", "Africa/Douala"), Voice("en", "Africa/Douala")
KINDS = ["collection", "payout", "airtime", "transfer", "refund"]
"""What the chat offers so far."""

ASKED = ["collection", "payout", "airtime"]
"""Those whose amount and phone are asked for; a transfer has wallets, and a refund what was paid."""

EXTRAS = {
    "otp",
    "address",
    "customer_name",
    "customer_email",
    "customer_doc_type",
    "customer_doc_number",
    "bank_code",
    "bic",
    "account_number",
}
"""What rails ask for beyond the number and have words of their own; others are asked for by their name."""

EXPORTED = {*ledger.COLUMNS, *ledger.TOTALS, *ledger.HOLDINGS}

ROOT = Path(bot.__file__).parent
KEY = re.compile(r"[a-z_]+(\.[\w ]+)+")
BILINGUAL = {"language.ask"}
NBSP = "\u00a0\u202f"


def texts(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@cache
def sources() -> list[ast.AST]:
    files = [file for file in sorted(ROOT.rglob("*.py")) if "demo" not in file.relative_to(ROOT).parts]
    return [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]


def written_keys() -> set[str]:
    """Every whole string in the code that looks like a key of a family that the catalogue has."""
    known = {key.split(".")[0] for key in texts("en")}
    holed = {id(part) for node in sources() if isinstance(node, ast.JoinedStr) for part in node.values}
    return {
        node.value
        for node in sources()
        if isinstance(node, ast.Constant)
        and id(node) not in holed
        and isinstance(node.value, str)
        and KEY.fullmatch(node.value)
        and node.value.split(".")[0] in known
    }


def families() -> set[str]:
    """Every f-string that makes a key, with * for each hole: card.title.*"""
    made = set()
    for node in sources():
        if isinstance(node, ast.JoinedStr):
            shape = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            if re.fullmatch(r"[a-z_]+\.[\w.*]*\*[\w.*]*", shape):
                made.add(shape)
    return made


SIDES = {f"{end}.{side}" for end in ENDS for side in ("in", "out")}
"""How a payment in review may be closed, for money in and out."""

KPAY_POCKETS = {"AVAILABLE", "RESERVED"}

FAMILIES: dict[str, set[str]] = {
    "advice.*": set(Outcome),
    "bulk.rows.*": {"twice", "lately"},
    "bulk.row.*": {"sent", "failed", "doubt", "moving", "asked", "stopped"},
    "button.confirm.*": set(KINDS),
    "button.do.*": {*TAPPED, "help"},
    "button.end.*.*": SIDES,
    "card.*": set(State),
    "card.*.*": {f"{state}.{kind}" for state in State for kind in KINDS},
    "card.party.*": set(KINDS),
    "card.title.*": set(KINDS),
    "check.differs.*": {"amount", "phone"},
    "check.statement.*": {"none", "silent", "read"},
    "check.verdict.*": set(Verdict),
    "connect.hint.*.*": {
        f"{name}.{field}" for name, system in discover().items() for field in system.Settings.model_fields
    },
    "column.*": {*COLUMNS, *MORE, "line", "state", "error", "system", "ours", "theirs", "at", *EXPORTED},
    "hear.*": set(Told),
    "hear.group.*": {"none", "here", "elsewhere"},
    "export.kind.*": set(KINDS),
    "export.reconciled.*": {"agreed", "differs", "not_yet", "nothing", "silent", "none"},
    "export.sheet.*": {"payments", "totals", "holdings"},
    "command.*": {command.name for command in COMMANDS},
    "command.help.*": {command.name for command in COMMANDS},
    "command.example.*": {command.name for command in COMMANDS},
    "detail.*": {"bank_name", "account_number", "account_name", "transfer_amount", "network", "address", "amount"},
    "doctor.about.*": {"settings", "disk", "clock", "accounts"},
    "form.*": set(QUESTIONS) | PAYEE_QUESTIONS | {"source", "target", "network"},
    "form.*.*": {
        *(f"{step}.{kind}" for step in ("amount", "phone", "description") for kind in ASKED),
        "amount.transfer",
    }
    - {"description.airtime"},
    "form.extra.*": EXTRAS,
    "chat.*": {"hello", "thanks"},
    "group.line.*": set(KINDS),
    "guess.*": {"request", "payout", "airtime", "link", "who", "resume"},
    "guess.*.amount": {f"{kind}.amount" for kind in ("request", "payout", "airtime", "link")},
    "history.line.*": set(KINDS),
    "language.*": set(LANGUAGES),
    "pocket.*": {"UTILITY", "UTILITY COMMISSION"} | KPAY_POCKETS,
    "pack.kind.*": {"in", "out"},
    "pack.question.*": {"in", "out"},
    "reason.*": set(Reason),
    "receipt.heading.*": set(GIVEN),
    "receipt.stamp.*": set(Standing),
    "receipt.verdict.*": set(Standing),
    "receipt.*": {"at", "from", "to", "operator", "system", "ours", "theirs", "operators", "for"},
    "reconcile.do.*": set(Oddity),
    "reconcile.flaw.*": {str(one) for one in Oddity if one is not Oddity.NOT_HERE},
    "reconcile.outcome.*": set(Outcome),
    "review.end.*.*": SIDES,
    "operators.*": {"up", "slow", "closed", "collection", "payout"},
    "shift.kind.*": set(KINDS),
    "route.closed_*": set(Kind),
    "route.no_*": set(Kind) | set(Channel),
    "topics.*": set(News),
    "template.about.*": set(COLUMNS),
    "template.example.*": set(COLUMNS),
    "sheet.no_*": {"amount", "phone"},
    "schedule.*": {"day", "month", "draft", "active", "paused", "ended"},
    "schedule.title.*": {"payout", "collection"},
    "schedule.told.*": set(What),
    "step.*": set(StepKind),
    "state.*": set(State),
    "state.*.*": {f"{state}.{kind}" for state in State for kind in [*KINDS, *Channel]},
    "address.*": {str(flaw) for flaw in Flaw if flaw is not Flaw.NETWORK},
    "party.*": {"transfer", *Channel},
    "button.*": {"give_code", "deposit", "today", "yesterday", "week", "month"},
    "role.*": set(Role),
    "role.about.*": set(Role),
    "letter.*": {
        *("invited", "withdrawn", "joined", "role", "removed", "role.you", "removed.you"),
        *("payee_saved", "payee_named", "payee_phone", "payee_removed"),
        *("rule", "pause", "resume", "factor"),
        *("connected", "rotated", "disconnected", "offered", "founded"),
        *("till_added", "till_removed", "restored", "privacy", "person_exported", "person_erased"),
    },
    "privacy.span.*": {str(days) for days in SPANS},
    "privacy.stays.*": {"open", "refundable", "schedules"},
    "why.*": set(Why),
    "rule.*": set(RULES),
    "rule.word.*": set(RULES),
    "rule.first_payee.*": set(FirstPayee),
    "group.*": {"approved_by", "rejected_by"},
}
"""What fills the holes of each."""


def said() -> set[str]:
    made = {shape.split("*")[0] + filled for shape, fillings in FAMILIES.items() for filled in fillings}
    return written_keys() | made


def test_both_languages_say_the_same_things() -> None:
    assert list(texts("fr")) == list(texts("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_there_twice_and_none_is_empty(language: str) -> None:
    lines = (ROOT / "texts" / f"{language}.po").read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert len(keys) == len(set(keys)) == len(texts(language))
    assert all(texts(language).values())
    assert not any(message.fuzzy for message in catalogue(language) if message.id)


def test_both_languages_fill_in_the_same_values() -> None:
    french, english = ({key: fields(text) for key, text in texts(one).items()} for one in LANGUAGES)
    assert french == english
    assert all(re.fullmatch(r"[a-z]+", name) for names in english.values() for name in names)


def test_every_key_that_the_code_says_is_there() -> None:
    assert written_keys() - set(texts("en")) == set()


def test_every_key_is_said_somewhere() -> None:
    assert set(texts("en")) - said() == set()


def test_the_families_of_keys_are_those_that_these_tests_know() -> None:
    assert families() == set(FAMILIES)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(reason: Reason) -> None:
    assert FR.knows(f"reason.{reason}")
    assert fields(texts("en")[f"reason.{reason}"]) == set()


@pytest.mark.parametrize("prefix", ["card", "state"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words(state: State, kind: str, prefix: str) -> None:
    assert EN.knows(f"{prefix}.{state}.{kind}") or EN.knows(f"{prefix}.{state}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "family",
    [
        "card.title.{}",
        "card.party.{}",
        "group.line.{}",
        "history.line.{}",
        "button.confirm.{}",
        "route.no_{}",
    ],
)
def test_every_kind_has_its_words(family: str, kind: str) -> None:
    assert EN.knows(family.format(kind))


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("step", ["amount", "phone"])
def test_every_question_has_its_words(step: str, kind: str) -> None:
    assert EN.knows(f"form.{step}.{kind}")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_its_words_and_fits_telegrams_menu(command: object) -> None:
    name = getattr(command, "name")  # noqa: B009
    for voice in (FR, EN):
        assert 1 <= len(voice.say(f"command.{name}")) <= 256
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name_in(voice.language))  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_name(language: str) -> None:
    assert EN.knows(f"language.{language}")


async def test_every_pocket_of_campay_that_is_no_operator_has_its_words() -> None:
    async with sandbox.serve(sandbox.Settings.instant()) as box:
        account = CamPay.open(CamPay.Settings.read("campay", env_of(box)) or CamPay.Settings(), None, Clock())
        pockets = {balance.pocket for balance in await account.balance()} - {""}
        await account.close()
    operators = {name for coverage in CamPay.sheet.coverage for name in coverage.operators}
    assert pockets - operators == FAMILIES["pocket.*"] - KPAY_POCKETS


def env_of(box: sandbox.Sandbox) -> dict[str, str]:
    return {"CAMPAY_BASE_URL": box.url, "CAMPAY_TOKEN": box.settings.campay.token}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_html_that_telegram_takes_and_escapes_what_it_is_given(language: str) -> None:
    hostile = "<b>&amp;{x}</code>"
    for key, template in texts(language).items():
        said = Voice(language, "Africa/Douala").say(key, **dict.fromkeys(fields(template), hostile))
        shown = plain(said)
        assert shown.count(hostile) == len(re.findall(r"\{\w+\}", template)), key
        assert len(shown) < 1000, key


BARE = re.compile(rf"(?<![ {NBSP}])(?<!\d)[:;!?»](?!/)|«(?![ {NBSP}])")


def test_french_has_a_space_before_its_high_signs_and_inside_its_quotes() -> None:
    for key, text in texts("fr").items():
        bare = re.sub(r"<[^>]+>|\{\w+\}", "x", text)
        if key not in BILINGUAL:
            assert not BARE.search(bare), bare
            assert not any(sign in bare for sign in ("'", '"', "...")), bare


def test_english_has_no_space_before_its_high_signs() -> None:
    for key, text in texts("en").items():
        if key not in BILINGUAL:
            assert not re.search(rf"[ {NBSP}][:;!?]", text), text
            assert not any(sign in text for sign in ("'", "...")), text


@pytest.mark.parametrize("voice", [FR, EN], ids=LANGUAGES)
def test_french_texts_name_french_commands_and_english_ones_english(voice: Voice) -> None:
    known = {command.name_in(voice.language) for command in COMMANDS}
    for text in texts(voice.language).values():
        template = re.sub(r"<[^>]+>", " ", text)
        assert set(re.findall(r"(?<!\S)/([a-z]+)", template)) <= known, text


@pytest.mark.parametrize(
    ("money", "french", "english"),
    [
        (Money(5000, "XAF"), "5 000 FCFA", "5,000 FCFA"),
        (Money(20, "XAF"), "20 FCFA", "20 FCFA"),
        (Money(1_250_000, "XAF"), "1 250 000 FCFA", "1,250,000 FCFA"),
        (Money(0, "XAF"), "0 FCFA", "0 FCFA"),
        (Money(125_050, "KES"), "1 250,50 KES", "1,250.50 KES"),
    ],
)
def test_an_amount_is_written_as_each_language_writes_it(money: Money, french: str, english: str) -> None:
    assert FR.amount(money).replace("\u00a0", " ") == french
    assert EN.amount(money).replace("\u00a0", " ") == english
    assert " " not in FR.amount(money) + EN.amount(money)


def test_times_are_told_by_the_persons_own_clock() -> None:
    at = datetime(2026, 11, 20, 23, 30, 5, tzinfo=UTC)
    assert FR.time(at) == "21 nov., 00:30:05"
    assert EN.time(at) == "21 Nov, 00:30:05"
    assert Voice("en", "America/New_York").time(at) == "20 Nov, 18:30:05"
    assert FR.clock(at) == "00:30"


def test_values_are_formatted_where_they_enter_the_text() -> None:
    said = FR.say("form.description.payout", amount=Money(5000, "XAF"), phone="<i>")
    assert said == "5\u00a0000\u00a0FCFA à &lt;i&gt;. Pour quoi ? Une ligne, ou « - » pour rien."
    assert isinstance(said, Markup)
    assert FR.say("card.asked", at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) == "Demandé le 20 nov., 13:00:00"


def test_a_text_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(KeyError):
        EN.say("no.such.text")
    assert not EN.knows("no.such.text")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("fr", "fr"),
        ("fr-CM", "fr"),
        ("FR-fr", "fr"),
        ("en-GB", "en"),
        ("de", "fr"),
        ("", "fr"),
        (None, "fr"),
        ("x", "fr"),
    ],
)
def test_a_locale_that_we_do_not_speak_gets_the_default(locale: str | None, language: str) -> None:
    assert language_for(locale, "fr") == language


def test_a_country_is_called_by_its_name() -> None:
    assert (FR.country("CM"), EN.country("CM"), EN.country("XYZ")) == ("Cameroun", "Cameroon", "XYZ")
