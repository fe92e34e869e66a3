"""A report's picture: one currency on a card of its own, made for a phone and for light and dark chats alike.

Its background is its own, since Telegram shows a picture on whatever the chat's theme is.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from babel import dates, numbers
from markupsafe import Markup

from bot.payments.figures import Bar, Page, Report, Share
from bot.payments.periods import Length
from bot.texts import Voice
from bot.ui.figures import lasted, percent, share_name
from bot.ui.periods import named
from providers.money import EXPONENTS, Money

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _DPI = 1080, 72
"""At 72 dots to the inch a point is a pixel. A phone of 360 shows a third of each."""
_SUMS, _BARS, _SHARES, _ROW, _FOOT = 172, 352, 830, 76, 180
"""Where each part begins; how high an operator's row and the last line are."""
_EDGE, _GAP, _INSET = 36, 24, 32
_GROUND, _PANEL, _LINE = "#F4EFE6", "#FFFFFF", "#E4DDD0"
_INK, _FADED, _CAME, _WENT, _SPENT, _BACK, _SHORT = (
    "#17302A", "#66756F", "#0F7A5A", "#E8941A", "#A86200", "#6A4C93", "#B3261E",
)  # fmt: skip
"""_SPENT is _WENT where it is written: thin letters must be darker."""
_SMALL, _NORMAL, _LARGE = 30, 34, 48
_MOST_SHARES = 3
_MOST_LABELS = 8


def draw(report: Report, page: Page, voice: Voice) -> bytes:
    """A PNG. Slow, most of all the first time: never on the event loop, and one at a time."""
    from matplotlib.figure import Figure

    shares = 90 + _ROW * min(max(len(page.operators), len(page.systems)), _MOST_SHARES)
    height = _SHARES + shares + _FOOT
    figure = Figure(figsize=(_WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor=_GROUND)
    card = _Card(figure, height, report, page, voice)
    card.head()
    card.sums(_SUMS)
    card.bars(_BARS)
    card.shares(_SHARES, shares)
    card.foot(_SHARES + shares + _GAP)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=_DPI)
    return picture.getvalue()


class _Card:
    """Positions are pixels from the upper left corner."""

    def __init__(self, figure: "Figure", height: float, report: Report, page: Page, voice: Voice) -> None:
        self._figure = figure
        self._height = height
        self._report = report
        self._page = page
        self._voice = voice

    def head(self) -> None:
        symbol = numbers.get_currency_symbol(self._page.currency, locale=self._voice.language)
        self._write(_EDGE + 4, 84, self._report.merchant.name, _LARGE, most=700, weight="bold")
        self._write(_EDGE + 4, 138, named(self._voice, self._report.period), _NORMAL, _FADED, most=760)
        self._write(_WIDTH - _EDGE - 4, 84, symbol, _LARGE, _FADED, align="right", weight="bold")
        if self._report.own:
            own = self._said("look.own")
            self._write(_WIDTH - _EDGE - 4, 138, own, _SMALL, _FADED, align="right", most=300)

    def sums(self, top: float) -> None:
        page = self._page
        net = _INK if page.net >= 0 else _SHORT
        back = [("look.back", page.back.amount, _BACK)] if page.back.count else []
        tiles = [
            ("look.came", page.came.amount, _CAME),
            ("look.went", page.went.amount, _SPENT),
            *back,
            ("look.net", page.net, net),
        ]
        for place, (key, minor, colour) in enumerate(tiles):
            left, width = self._column(place, len(tiles))
            self._panel(left, top, width, 156)
            self._write(left + 24, top + 54, self._said(key), _SMALL, _FADED, most=width - 48)
            self._write(left + 24, top + 120, self._figure_of(minor), 46, colour, most=width - 48, weight="bold")

    def bars(self, top: float) -> None:
        height = 454
        self._panel(_EDGE, top, _WIDTH - 2 * _EDGE, height)
        left = self._key(_EDGE + _INSET, top + 58, _CAME, self._said("look.came"))
        left = self._key(left + 40, top + 58, _WENT, self._said("look.went"))
        if self._page.back.count:
            self._key(left + 40, top + 58, _BACK, self._said("look.back"))
        axes = self._axes(_EDGE + 118, top + 90, _WIDTH - 2 * _EDGE - 118 - _INSET, height - 90 - 64)
        _draw_bars(axes, self._page.bars, self._report.period.length, self._page.currency, self._voice)

    def shares(self, top: float, height: float) -> None:
        for place, (key, shares) in enumerate(
            (("look.operators", self._page.operators), ("look.systems", self._page.systems))
        ):
            left, width = self._column(place, 2)
            self._panel(left, top, width, height)
            self._write(left + 28, top + 54, self._said(key), _SMALL, _FADED, most=width - 56)
            few = fewest(shares, self._said("look.others"))
            most = max((one.moved for one in few), default=0)
            for row, share in enumerate(few):
                self._share(left + 28, top + 104 + _ROW * row, width - 56, share, most)

    def foot(self, top: float) -> None:
        page = self._page
        success = page.came if page.came.ended else page.went
        waited = self._said("look.none")
        under = Markup("")
        if page.waited:
            waited = str(lasted(self._voice, page.waited.median))
            under = self._voice.say("look.nine", most=lasted(self._voice, page.waited.nine_of_ten))
        tiles = (
            (
                "look.success.in" if page.came.ended else "look.success.out",
                percent(self._voice, success) if success.ended else self._said("look.none"),
                self._said("look.of", count=success.count, ended=success.ended),
            ),
            ("look.waited", waited, str(under)),
            ("look.fees", self._figure_of(page.fees), self._untold()),
        )
        for place, (key, value, note) in enumerate(tiles):
            left, width = self._column(place, 3)
            self._write(left + 24, top + 38, self._said(key), _SMALL, _FADED, most=width - 36)
            self._write(left + 24, top + 92, value, 44, most=width - 36, weight="bold")
            self._write(left + 24, top + 136, note, 28, _FADED, most=width - 36)

    def _untold(self) -> str:
        return self._said("look.untold", count=self._page.untold) if self._page.untold else ""

    def _share(self, left: float, top: float, width: float, share: Share, most: int) -> None:
        came, went = (self._compact(flow.amount) for flow in (share.came, share.went))
        room = width
        if share.went.amount:
            room -= self._write(left + room, top, f"↑ {went}", _SMALL, _SPENT, align="right") + 14
        if share.came.amount or not share.went.amount:
            room -= self._write(left + room, top, f"↓ {came}", _SMALL, _CAME, align="right") + 14
        self._write(left, top, share_name(self._voice, share), _SMALL, most=room - 6, weight="bold")
        lengths = [width * flow.amount / max(most, 1) for flow in (share.came, share.went)]
        self._strip(left, top + 14, width, _LINE)
        self._strip(left, top + 14, lengths[0], _CAME)
        self._strip(left + lengths[0], top + 14, lengths[1], _WENT)

    def _column(self, place: int, count: int) -> tuple[float, float]:
        width = (_WIDTH - 2 * _EDGE - (count - 1) * _GAP) / count
        return _EDGE + place * (width + _GAP), width

    def _panel(self, left: float, top: float, width: float, height: float) -> None:
        from matplotlib.patches import FancyBboxPatch

        style = "round,pad=0,rounding_size=26"
        place = (left, self._height - top - height)
        self._add(FancyBboxPatch(place, width, height, boxstyle=style, facecolor=_PANEL, edgecolor=_LINE, linewidth=2))

    def _strip(self, left: float, top: float, width: float, colour: str) -> None:
        from matplotlib.patches import Rectangle

        if width > 0:
            self._add(Rectangle((left, self._height - top - 10), max(width, 3), 10, facecolor=colour, edgecolor="none"))

    def _key(self, left: float, base: float, colour: str, text: str) -> float:
        """A square of a colour and what it stands for; where it ends."""
        from matplotlib.patches import Rectangle

        self._add(Rectangle((left, self._height - base - 2), 26, 26, facecolor=colour, edgecolor="none"))
        return left + 40 + self._write(left + 40, base, text, _SMALL, _INK)

    def _add(self, patch: Any) -> None:
        patch.set_transform(None)
        self._figure.add_artist(patch)

    def _axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        box = (left / _WIDTH, 1 - (top + height) / self._height, width / _WIDTH, height / self._height)
        return self._figure.add_axes(box, facecolor="none", zorder=5)  # above the panel

    def _write(
        self,
        left: float,
        base: float,
        text: str,
        size: float,
        colour: str = _INK,
        *,
        align: str = "left",
        weight: str = "normal",
        most: float | None = None,
    ) -> float:
        """How wide it has become. What is wider than `most` is made smaller."""
        drawn = self._figure.text(
            left / _WIDTH,
            1 - base / self._height,
            text,
            size=size,
            color=colour,
            weight=weight,
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
        )
        width = float(drawn.get_window_extent().width)
        if most and width > most:
            drawn.set_fontsize(size * most / width)
            return most
        return width

    def _said(self, key: str, **values: object) -> str:
        return str(self._voice.say(key, **values).unescape())

    def _figure_of(self, minor: int) -> str:
        """Without the currency, which stands at the top."""
        text = self._voice.amount(Money(minor, self._page.currency))
        return text.rsplit("\u00a0", 1)[0].replace("-", "−")

    def _compact(self, minor: int) -> str:
        return compact(minor, self._page.currency, self._voice)


def compact(minor: int, currency: str, voice: Voice) -> str:
    """12,5 k, 1,2 M: for where a whole figure has no room."""
    whole = minor / 10 ** EXPONENTS[currency]
    digits = 0 if abs(whole) < 1000 and EXPONENTS[currency] == 0 else 1
    text = numbers.format_compact_decimal(whole, locale=voice.language, fraction_digits=digits)
    return str(text).replace("\u202f", "\u00a0").replace("-", "−")


def _draw_bars(axes: "Axes", bars: Sequence[Bar], length: Length, currency: str, voice: Voice) -> None:
    """What came stands up, what went hangs down, so that a month's days keep some width each."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    places = range(len(bars))
    axes.bar(places, [bar.came for bar in bars], width=0.72, color=_CAME, zorder=2)
    axes.bar(places, [-bar.went for bar in bars], width=0.72, color=_WENT, zorder=2)
    axes.bar(places, [-bar.back for bar in bars], bottom=[-bar.went for bar in bars], width=0.72, color=_BACK, zorder=2)
    axes.axhline(0, color=_INK, linewidth=2, zorder=3)
    axes.set_xlim(-0.6, len(bars) - 0.4)
    highest, lowest = max(bar.came for bar in bars), -max(bar.went + bar.back for bar in bars)
    reach = max(highest, -lowest, 1)
    axes.set_ylim(min(lowest * 1.08, -0.02 * reach), max(highest * 1.08, 0.02 * reach))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda minor, _: compact(abs(round(minor)), currency, voice)))
    shown = _labelled(len(bars), length)
    axes.set_xticks(shown, [_label(bars[place], length, voice) for place in shown], parse_math=False)
    axes.grid(axis="y", color=_LINE, linewidth=2, zorder=0)
    axes.tick_params(length=0, labelsize=28, labelcolor=_FADED, pad=10)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _labelled(count: int, length: Length) -> list[int]:
    """The 1st, 5th, 10th of a month; every third hour; each day of a week."""
    if length is Length.MONTH:
        return [0, *range(4, count, 5)]
    return list(range(0, count, 3)) if count > _MOST_LABELS else list(range(count))


def _label(bar: Bar, length: Length, voice: Voice) -> str:
    pattern = {Length.DAY: "H", Length.WEEK: "EEE d", Length.MONTH: "d"}[length]
    shown = dates.format_datetime(bar.start, pattern, tzinfo=_zone(voice), locale=voice.language)
    return str(voice.say("look.hour", hour=shown)) if length is Length.DAY else shown.replace(".", "")


def _zone(voice: Voice) -> Any:
    return dates.get_timezone(voice.timezone)


def fewest(shares: Sequence[Share], others: str) -> list[Share]:
    """What has no room of its own shares the last row."""
    if len(shares) <= _MOST_SHARES:
        return list(shares)
    rest = shares[_MOST_SHARES - 1 :]
    together = Share(others, rest[0].came, rest[0].went)
    for one in rest[1:]:
        together = Share(others, together.came + one.came, together.went + one.went)
    return [*shares[: _MOST_SHARES - 1], together]
