"""Questions and commands that move no money by themselves, as people say them: whole lines, each a pattern. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.errors import UserError
from bot.ui import lexicon
from bot.ui.meaning import Meaning, Place, Said
from bot.ui.parse import parse_wish
from bot.ui.words import Word

_REFERENCE = re.compile(r"(?=.*[A-Z])(?=.*\d)[2-9A-HJ-NP-Z]{10}", re.IGNORECASE)
_SPOKEN = re.compile(r"[\d().,+-]+(?:k|f|fcfa)?")

_MACROS = {
    "<the>": r"(?:le |la |les |l' |the |my |mon |mes |ma |our |notre |nos |of |du |de |des )*",
    "<show>": r"(?:(?:montre|montrez|affiche|donne|donnez|voir|vois|dis|envoie|show|send|give|check|tell|see|view|get)"
    r"(?: moi| me| us)? |(?:je veux voir|je voudrais voir|i want to see|let me see|i want) )?",
    "<period>": r"(?:(?:le |la |l' |ce |cet |cette |the |this |last |d' )*(?:aujourd' hui|hier|jour|semaine|mois|today|"
    r"yesterday|day|week|month|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?: derniere?| passee?)?)",
    "<number>": r"(?:(?:le |the |number |numero |client |customer |du |de |of )*#)",
}
_PATTERNS = r"""
balance: <show><the>(?:solde|soldes|balance|balances|caisse)(?: (?:du compte|actuel|now|disponible|total))?
balance: (?:quel est|c' est quoi|what is|what' s|whats|how is|wetin be) <the>(?:solde|balance)(?: now)?
balance: (?:combien )?(?:il )?(?:me |nous )?reste(?: t il)?(?: combien)?(?: (?:sur|dans) (?:le|mon) compte)?
balance: combien (?:est ce qu' )?il (?:me |nous )?reste(?: (?:sur|dans) (?:le|mon|notre) compte| en caisse)?
balance: (?:j' ai|on a|il y a|y a|nous avons) combien(?: (?:sur|dans) (?:le|mon|notre) compte| en caisse)?
balance: combien (?:j' ai|on a|y a t il|ai je|avons nous|il y a)(?: (?:sur|dans) (?:le|mon|notre) compte|
     en caisse)?
balance: il me reste quoi(?: (?:sur|dans) (?:le|mon) compte)?
balance: how much (?:money )?(?:do |have |is )?(?:i|we|left|remains|remain|dey)(?: have| got| get)?(?: left|
     remaining| remain)?(?: (?:in|for) (?:the|my|our) account| for account)?
balance: (?:wetin|weti|what) (?:is |dey )?(?:left|remain|remains)(?: (?:in|for) (?:the|my|our) account|
     for account)?
check: (?:est ce que |has |have |did |is |don )?<number> (?:a |has |have |don |il a |he |she |have )?(?:deja |
    already |finally |enfin )?(?:paye|pay|paid|regle)(?: deja| already| yet| finally| ou pas| ou non| or not| les|
     the)?(?: #)?
check: (?:est ce que |est ce qu' il a |did |has )?(?:il a paye |he pay |he paid )?<number>(?: (?:il|
    elle))?(?: a)? (?:paye|paid)(?: ou (?:pas|non)| or not)?
check: (?:verifie|verifier|verifiez|verify|check|controle|confirme) (?:si |if |le |la |les |the |paiement |
    payment |of |de |du )*<number>(?: (?:a paye|paid|has paid|don pay|de|du|from|by|par|of|a))?(?: le| du)?(?: #)?
check: (?:est ce que j' ai |est ce qu' on a |ai je |a t on |avons nous |did i |did we |have i |have we |i don )(?:bien |
    really )?(?:recu|receive|received|get|got) (?:les |the |mes )?#(?: (?:de|du|from|d') (?:le )?#)?
check: (?:est ce que |did |has )?(?:les |the |l' |my )?(?:argent |money )?(?:de |of |from )?#(?: (?:de|du|of|
    from)(?: le)? #)? (?:est |is |sont |has |have |are )?(?:bien |
    really )?(?:arrive|arrives|arrived|recu|received|enter|entered|come)
status: (?:statut|status|etat|verifie|verifier|verifiez|check|suivi|track|ou en est|what about|
    how about|et|and|c' est comment pour|how far with|find|cherche|retrouve|look up)(?: (?:le|la|the|paiement|
    payment|transaction|status|statut|of|du|de|for|pour|si))* (?:@|#)(?: (?:a paye|paid|has paid|don pay))?
status: (?:paiement|payment|transaction) (?:@|<number>)
status: @|statut|status|etat
check: (?:est ce qu' )?(?:il|elle) a (?:deja )?paye (?:le )?#|did (?:he|she) pay #
status: <show><the>(?:paiements?|demandes?|transactions?|payments?|requests?)? ?(?:qui sont )?(?:en attente|
    en cours|ouverte?s?|pending|open|unpaid|impayee?s?)(?: payments| requests| ones)?
status: (?:qui|qui est ce qui) (?:n' a )?(?:pas )?(?:encore )?(?:pas )?(?:paye|regle)|
    qui n' a pas (?:encore )?paye
status: who (?:has not|hasn' t|never|didn' t|has never|no) (?:paid|pay)(?: yet)?|who still (?:has|
    have) to pay
status: (?:qu' est ce qui|quoi) est en (?:attente|cours)|what is (?:pending|open)|what' s (?:pending|open)
history: <show><the>(?:historique|history)(?: des paiements| of payments| des transactions)?
history: <show><the>(?:dernieres?|derniers|recents?|recentes?|last|latest|recent)(?: \d+)? (?:paiements?|
    transactions?|operations?|payments?|mouvements?)
history: <show><the>(?:paiements|transactions|operations|payments)(?: recents| recentes| du jour|
     d' aujourd' hui| today)?
rates: (?:(?:le |les |the )?(?:taux|cours|rates?|exchange rate)(?: de change|
     du jour)?) ?(?P<rest>[a-z]{3} [a-z]{3})?
rates: (?:quel est |what is |what' s )?(?:le |the )?(?:taux|exchange rate|rate)(?: de change)?(?: du| de|
     of| from)? (?P<rest>[a-z]{3}(?: en| to| vers| au| a)? [a-z]{3})
refund: (?:rembourse|rembourser|remboursez|refund|reimburse|give back|rends)(?: (?:le|la|the|paiement|
    payment|client|customer|transaction|de|of))* @
refund: (?:rembourse|rembourser|remboursez|refund|remboursement|je veux rembourser|i want to refund)
pause: (?:stop|stoppe|stoppez|bloque|bloquez|arrete|arretez|suspend|suspends|suspendez|hold|freeze|halt|
    gele|block) (?:tous |toutes |tout |all )?(?:les |des |the |my |mes |nos |our )?(?:paiements|envois|sorties|
    virements|payouts?|payments|transfers|sorties d' argent|money out|tout|everything)(?: sortants| now|
     maintenant)?
pause: (?:mets|mettre|mettez|met|put)(?: tout| les paiements| les envois| payouts| everything|
     all payouts)? (?:en|on) (?:pause|hold)(?: tout| les paiements| les envois)?
pause: (?:stop|stoppe|arrete|arretez|bloque) tout|pause(?: (?:all |the )?(?:payouts|payments)|
     les paiements| tout)?
pause: (?:no|nor) (?:let|make) (?:any )?money (?:go|comot)(?: out)?
cancel: (?:annule|annuler|annulez|cancel|stop|laisse|laisse tomber|oublie|forget it|forget am|never mind|
    leave it|leave am|abandonne)(?: (?:ca|cela|it|that|tout|le paiement|la demande|the payment|the request|am|
    @))?
who: (?:qui est|c' est qui|qui c' est|a qui est|whose|who is|who be|who owns|whose number is|
    c' est quel (?:reseau|operateur)|quel (?:reseau|operateur)(?: est| pour)?|(?:which|what) (?:network|
    operator)(?: is)?|reseau d[eu]|operateur d[eu]) (?:ce |this |number )*<number>
who: <number> (?:c' est qui|c' est quel (?:reseau|operateur)|est (?:mtn|orange|chez qui)|is (?:mtn|orange)|
    na who|is (?:which|what) (?:network|operator)|whose number)
operators: (?:est ce que |is |are |do )?(?:mtn|orange|momo|om|orange money|mtn momo|les reseaux|le reseau|
    network|networks|the network|the networks|les operateurs|operators)(?: et orange| and orange)? (?:marche(?:nt)?|
    passe|passent|fonctionnent?|working|work|ok|down|up|est en panne|est coupe|bouge|dey work|dey)(?: bien| now|
     aujourd' hui| today)?
operators: <show><the>(?:operateurs|operators|reseaux|networks)
help: (?:aide|aidez moi|aide moi|help|help me|menu|commandes|commands|au secours|comment ca marche|
    comment (?:faire|on fait|utiliser)|how does (?:it|this) work|how (?:this thing |e )?dey work|que (?:peux tu|
    pouvez vous|sais tu) faire|tu peux faire quoi|tu sers a quoi|what can (?:you|i) do|how to use(?: it)?)
payees: <show><the>(?:beneficiaires?|payees?|contacts enregistres|saved (?:payees|numbers|contacts)|
    numeros enregistres)
bulk: (?:paie|paye|payer|payez|pay|faire|do) (?:les|the|all|tous les|mes|my|nos|our) (?:salaires|salaries|
    employes|workers|staff|wages|agents|paies)|(?:payer|pay) (?:plusieurs|many)(?: personnes| people)?|la paie|
    payroll
review: (?:les |the |mes )?(?:litiges?|disputes?|paiements bloques|paiements en litige|cases to decide)
report: <show><the>(?:rapports?|reports?|bilan|recettes|takings|sales|ventes)(?: (?:de |du |d' |of |for |
    the )*(?P<rest><period>))?
report: (?:combien (?:j' ai|on a|nous avons) (?:vendu|encaisse|recu)|how much (?:did )?(?:i|we) (?:sell|sold|make|made|
    receive|received))(?: (?P<rest><period>))?
export: (?:exporte|exporter|exportez|export)(?: <the>(?:paiements|payments|transactions|operations|comptes|accounts|
    data|donnees))?(?: (?:de |du |d' |of |for |the )*(?P<rest><period>))?
receipt: <show><the>(?:un |une |a )?(?:recu|receipt)(?: (?:du|de|of|for|the|le|la|paiement|payment|pour))* @
schedule: <show><the>(?:paiements |envois |payments |payouts )?(?:programmes|programmees|planifies|scheduled|
    schedules?|recurrents|recurring)(?: payments| payouts)?
transfer: (?:un |a |fais un |make a |je veux faire un |i want to make a )?(?:transferts?|transfere|transferer|
    transferez|transfer|vire|virer|virement|move money) (?:entre|between) <the>(?:comptes|portefeuilles|wallets|
    accounts)
reconcile: (?:rapproche|rapprocher|rapprochement|reconcile|reconciliation)(?: (?P<rest>hier|yesterday|
    today))?
limits: <show><the>(?:limites?|limits?|plafonds?|regles|rules)
team: <show><the>(?:equipe|team|staff list)
language: (?:parle|parlez|speak|change to|passe en|repond|reponds|talk|en|in|langue|
    language)(?: moi)?(?: en| in)? ?(?:francais|anglais|french|english)?
"""
"""A command and what a whole line may be to mean it; "#" is a phone, "@" a payment's reference."""

_ASK = "resume"
_RESUMED = re.compile(
    r"(?:reprends|reprendre|reprenez|relance|relancer|debloque|debloquer|continue|resume|restart|release|unblock|unfreeze)"
    r"(?: (?:tous |all )?(?:les |the )?(?:paiements|envois|sorties|payouts?|payments|tout|everything))?"
)


def _compiled() -> Iterator[tuple[str, re.Pattern[str]]]:
    for line in _PATTERNS.replace("\n    ", "").strip().splitlines():
        command, _, pattern = line.partition(": ")
        for macro, meaning in _MACROS.items():
            pattern = pattern.replace(macro, meaning)
        yield command, re.compile(pattern)


_KNOWN = tuple(_compiled())


def asked(said: Sequence[Word], place: Place) -> Meaning | None:
    """A command that a whole line says, with the number or the reference it is about."""
    line, numbers, references = _shape(_core(said))
    if _RESUMED.fullmatch(line):
        return Meaning((Said(_ASK),), sure=False)
    for command, pattern in _KNOWN:
        found = pattern.fullmatch(line)
        if not found:
            continue
        if "#" in line:
            return _about_number(command, numbers, place)
        rest = found.groupdict().get("rest") or ""
        if command == "rates":
            rest = " ".join(one for one in rest.upper().split() if len(one) != 2)
        return Meaning((Said(command, text=references[0].upper() if references else rest),), sure=True)
    return None


def _about_number(command: str, numbers: Sequence[str], place: Place) -> Meaning | None:
    """A phone; for a check an amount as well, before it or behind it."""
    for line in (" ".join(numbers), " ".join(reversed(numbers))):
        try:
            wish = parse_wish(line, place.country, place.currency)
        except UserError:
            continue
        if not wish.description and (wish.phone or command == "check") and (not wish.amount or command == "check"):
            return Meaning((Said(command, wish.amount, wish.phone),), sure=True)
    return None


def _core(said: Sequence[Word]) -> list[Word]:
    """Without the courtesy around it."""
    rest = list(said)
    while len(rest) > 1 and (size := size_at(rest, 0, lexicon.POLITE)) and size < len(rest):
        rest = rest[size:]
    while len(rest) > 1 and (size := size_at_end(rest, lexicon.POLITE)) and size < len(rest):
        rest = rest[:-size]
    return rest


def _shape(said: Iterable[Word]) -> tuple[str, list[str], list[str]]:
    """ "est ce que # a paye": numbers and references out of it, in their order."""
    shape, numbers, references = list[str](), list[str](), list[str]()
    for word in said:
        if is_reference(word):
            shape.append("@")
            references.append(word.raw)
        elif word.plain in lexicon.FRANCS and shape[-1:] == ["#"]:
            continue
        elif _SPOKEN.fullmatch(word.plain):
            if shape[-1:] == ["#"]:
                numbers[-1] += " " + word.raw
            else:
                shape.append("#")
                numbers.append(word.raw)
        else:
            shape.append(word.plain)
    return " ".join(shape), numbers, references


def courtesy(said: Sequence[Word]) -> str:
    """ "hello" or "thanks", where the line is nothing else."""
    line = tuple(word.plain for word in said)
    if line in lexicon.GREETINGS:
        return "hello"
    return "thanks" if line in lexicon.THANKS else ""


def is_sms(said: Sequence[Word]) -> bool:
    return any(size_at(said, at, lexicon.SMS) for at in range(len(said)))


def is_reference(word: Word) -> bool:
    """A payment's, as the cards show it."""
    return bool(_REFERENCE.fullmatch(word.raw))


def size_at(said: Sequence[Word], at: int, known: Iterable[tuple[str, ...]]) -> int:
    """How many words of one of the phrases begin here; the longest comes first."""
    plain = tuple(word.plain for word in said[at : at + 6])
    return next((len(one) for one in known if plain[: len(one)] == one), 0)


def size_at_end(said: Sequence[Word], known: Iterable[tuple[str, ...]]) -> int:
    plain = tuple(word.plain for word in said[-6:])
    return next((len(one) for one in known if len(one) <= len(plain) and plain[-len(one) :] == one), 0)
