"""The verb of a line said without a slash: behind what it may stand, and which command it means. Pure."""

from collections.abc import Sequence
from itertools import pairwise, takewhile

from bot.ui import lexicon, phrases
from bot.ui.lexicon import AIRTIME, LINK, PAYOUT, REQUEST
from bot.ui.meaning import Talk
from bot.ui.words import Word, follows


def after_lead(said: Sequence[Word]) -> tuple[int, bool, bool]:
    """Where the verb should be; whether what led there was weak, or a polite question."""
    at, weak, asking = 0, False, False
    while at < len(said):
        if verb_at(said, at) and not _longer_lead(said, at):
            break
        if size := max(phrases.size_at(said, at, known) for known in (lexicon.POLITE, lexicon.LEADS)):
            at += size
        elif size := phrases.size_at(said, at, lexicon.ASKING_LEADS):
            at, asking = at + size, True
        elif size := phrases.size_at(said, at, lexicon.WEAK_LEADS):
            at, weak = at + size, True
        else:
            break
    return at, weak, asking


def _longer_lead(said: Sequence[Word], at: int) -> bool:
    """ "envoie-moi un lien" leads to its link."""
    size = phrases.size_at(said, at, lexicon.LEADS)
    found = verb_at(said, at + size) if size else None
    return bool(found and found[0] == LINK)


def verb_at(said: Sequence[Word], at: int) -> tuple[str, int, bool] | None:
    """The command, how many words name it, and whether they do so weakly."""
    for verbs, weak in ((lexicon.VERBS, False), (lexicon.WEAK_VERBS, True)):
        for size in (4, 3, 2, 1):
            if command := verbs.get(tuple(word.plain for word in said[at : at + size])):
                return command, min(size, len(said) - at), weak
    return (AIRTIME, 1, False) if _gets_airtime(said, at) else None


def _gets_airtime(said: Sequence[Word], at: int) -> bool:
    """ "achète 500 de crédit pour 677…", and not "achète à crédit"."""
    if not follows(said, at, lexicon.GETTING):
        return False
    behind = [word.plain for word in said[at:]]
    return any(one in lexicon.OF_AIRTIME and before not in lexicon.ON_CREDIT for before, one in pairwise(behind))


def of_nouns(command: str, rest: Sequence[Word]) -> str:
    """ "envoie 500 de crédit au 690…" is airtime, "envoie un lien de 500" a link, "envoie une facture de 500" asks.

    Raises Talk for a reminder: what was asked already must not be asked as something new.
    """
    first = [word.plain for word in takewhile(lambda word: not word.counts, rest[1:])]
    if rest[0].plain in lexicon.SENDING and any(one in lexicon.REMINDERS for one in first):
        raise Talk
    if command == PAYOUT and rest[0].plain in lexicon.SENDING and any(one in lexicon.OF_REQUESTS for one in first):
        return REQUEST
    named = [word.plain for word in rest[1:]]
    named = named[: next((at for at, one in enumerate(named) if one in lexicon.ABOUT), len(named))]
    if command == PAYOUT and any(one in lexicon.OF_AIRTIME for one in named):
        return AIRTIME
    return LINK if any(one in lexicon.OF_LINKS for one in named) else command
