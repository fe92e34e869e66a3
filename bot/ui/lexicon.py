"""The words that the counter listens for, French, English and what is said between them in Douala and Buea.

All are `plain`: no accents, no capitals, an elision is a word of its own ("n'", "don'").
"""

from collections.abc import Mapping

AIRTIME, LINK, PAYOUT, REQUEST = "airtime", "link", "payout", "request"
MONEY = frozenset({AIRTIME, LINK, PAYOUT, REQUEST, "bulk", "refund", "resume", "transfer"})
"""Commands that can let money move, sooner or later."""

Phrase = tuple[str, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[Phrase, ...]:
    """Longest first, so that "je veux" is not left over from "je veux bien"."""
    return tuple(sorted((tuple(phrase.split()) for phrase in text.split(",")), key=len, reverse=True))


def _verbs(command: str, text: str) -> dict[Phrase, str]:
    return dict.fromkeys(_phrases(text), command)


VERBS: Mapping[Phrase, str] = {
    **_verbs(
        REQUEST,
        """
    demande, demander, demandes, demandez, redemande, reclame, reclamer, reclamez, encaisse, encaisser, encaissez,
    facture, facturer, facturez, preleve, prelever, prelevez, debite, debiter, debitez, fais payer, faites payer,
    faire payer, request, ask, collect, charge, bill, invoice, request for, ask for, fais une demande, faites une
    demande, faire une demande, send a request, make a request, send request
    """,
    ),
    **_verbs(
        PAYOUT,
        """
    envoie, envoies, envoi, envoye, envoyer, envoyez, paie, paies, paye, payes, payer, payez, verse, verser,
    versez, vire, virer, virez, transfere, transferes, transferer, transferez, depose, deposer, deposez, expedie,
    expedier, fais un depot, faites un depot, faire un depot, fais un envoi, faites un envoi, fais un transfert,
    faites un transfert, send, pay, payout, pay out, transfer, remit, wire, disburse, make a payment, make
    payment, make a transfer, do a transfer
    """,
    ),
    **_verbs(
        AIRTIME,
        """
    recharge, recharger, rechargez, credit, credite, crediter, airtime, top up, topup, achete du credit, acheter
    du credit, buy airtime, buy credit, load, du credit
    """,
    ),
    **_verbs(LINK, "lien, lien de paiement, link, payment link, pay link, paylink, qr, qr code, code qr"),
}
"""What begins a line that wants money moved."""

WEAK_VERBS: Mapping[Phrase, str] = {
    **_verbs(REQUEST, "prends, prendre, prenez, recois, recevoir, recevez, recupere, recuperer, take, get, receive"),
    **_verbs(PAYOUT, "donne, donner, donnez, remets, remettre, remettez, give, dash, rends, rendre, give back"),
}
"""They are said of other things too: what is meant is asked."""

NOUN_VERBS = _words("envoi envoye facture charge bill invoice recharge")
"""They name a thing as often as they ask for it: alone, or with words before the amount, they are no order."""

OF_AIRTIME = _words("credit credits airtime unites recharge")
GETTING = _words("achete acheter achetez mets mettre mettez buy put")
"""With airtime behind them they ask for it; "à crédit" and "on credit" are something else."""
ON_CREDIT = _words("a on")
SENDING = _words("envoie envoies envoi envoyer envoyez expedie expedier send transmets transmettre")
OF_REQUESTS = _words("demande demandes request facture invoice bill")
"""Whoever sends one of them wants to be paid."""
REMINDERS = _words("rappel rappels reminder relance")
OF_LINKS = _words("lien link qr paylink")


POLITE = _phrases("""
    bonjour, bonsoir, bjr, bsr, salut, coucou, hello, hi, hey, good morning, good evening, good afternoon, stp, svp,
    s' il te plait, s' il vous plait, sil te plait, sil vous plait, please, pls, plz, abeg, i beg, kindly, merci,
    merci d' avance, merci beaucoup, thanks, thank you, thanks in advance, thx, maintenant, la maintenant, vite, tout
    de suite, rapidement, urgent, now, right now, quickly, sharp, oya, ok, d' accord, okay, alors, donc, so, chef,
    boss, patron, patronne, grand, bro, mon frere, ma soeur, madame, monsieur, my brother, my sister, guichet, aussi,
    also, again, encore, vas y, go ahead, just, juste
    """)
LEADS = _phrases("""
    je veux, je veux bien, je voudrais, je souhaite, j' aimerais, j' ai besoin d' un, j' ai besoin d', il faut, il me
    faut, il me faut un, veuillez, merci de, merci d', aide moi a, aidez moi a, fais, faites, fais moi, faites moi,
    fais moi un, faites moi un, fais un, faites un, cree, creez, cree moi un, cree un, creer un, genere, genere un,
    generer un, donne moi un, donnez moi un, envoie moi un, envoyez moi un, un, une, a, i want to, i want, i wan, i
    would like to, i would like, i would like a, i need to, i need a, i need, i want a, i' d like to, i' d like a,
    make i, make a, make me a, create a, create, generate a, give me a, send me a, get me a, help me, help me to, let
    us, let' s, lets, help
    """)
ASKING_LEADS = _phrases("""
    peux tu, peux tu me, tu peux, tu peux me, pouvez vous, pouvez vous me, vous pouvez, vous pouvez me, pourrais tu,
    tu pourrais, pourriez vous, vous pourriez, est ce que tu peux, est ce que vous pouvez, on peut, peut on, can you,
    could you, would you, will you, can i, could i, can we, you fit, can u
    """)
"""An order though it ends in a question mark."""

WEAK_LEADS = _phrases("je, j', on, nous, i, we, puis je, je peux")
"""It may be told rather than asked for."""

TOWARDS = _words("a au aux vers chez to give unto")
FROM = _words("de du des d' from by par of")
BESIDE = _words("""
    sur on le la les l' un une the an my mon ma mes son sa ses his her their our notre nos leur with avec via dans
    in into ce cet cette ces this that at make e reach
    """)
THINGS = _words("""
    somme sum montant amount argent money moni paiement paiements payment payments numero number num n tel telephone
    phone compte account client cliente customer momo mtn orange om mobile part cash virement transfert request demande
    depot
    """)
"""Said around an amount and a number, and saying nothing more."""

PAYING = _words("pay payer paye paie regler verser give donner")
"""Behind a request: "ask 677… to pay 5000"."""

PRONOUNS = _words("lui him them it am")
ME = _words("moi me us m'")
ABOUT = _words("pour for motif because re objet comme reason")
"""What stands behind them is the description."""

ARTICLES = _words("la le les l' the")
FRANCS = _words("""
    f fr frs franc francs fcfa cfa xaf balles balle fcfas
    """)
FOREIGN = _words("""
    usd dollar dollars eur euro euros gbp pound pounds livre livres sterling ngn naira nairas ghs cedi cedis xof cny
    yuan yuans usdt usdc btc bitcoin bitcoins crypto
    """)
"""Money that is not francs: 50 dollars are never sent as 50 francs."""
PAY = _words("""
    salaire salaires salary wages wage paye paie avance advance loyer rent transport taxi prime bonus commission
    facture factures bill bills
    """)
"""What somebody is paid: "paie le salaire de Paul"."""

CONDITIONS = _words("""
    si s' if quand when lorsque lorsqu' unless whether supposons suppose imagine imaginons sinon otherwise until
    jusqu' jusqua avant before apres after maybe perhaps vais va vas allons allez vont will shall going
    gonna ll would faudra demain tomorrow later tard tantot tonight soir prochain prochaine next chaque every tous
    toutes monthly weekly mensuel lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday
    thursday friday saturday sunday
    """)
CONDITION_PHRASES = _phrases("peut etre, des que, des qu', as soon as, au cas ou, in case, plus tard")
"""What may be, and what will be: wherever it stands, the money is not wanted now."""

NEVER = CONDITIONS | _words("""
    n' ne pas jamais plus rien aucun aucune sans ni non nna not don' dont didn' doesn' didnt doesnt won' wont can'
    cant cannot never no none neither nor without nobody nothing isn' hasn' haven' ai as avais avait avons avez ont eu
    etait etaient ete sera suis es est sont have has had having was were been did does done don already deja recu
    recus recue received sent paid asked requested transferred refuse refused hier yesterday dernier derniere ago
    combien pourquoi comment qui que qu' quoi quel quelle quels quelles lequel how why who whom whose what which where
    much wetin wey weti coute coutent coutait cost costs coutes prix price vaut worth total totalise dit dis disait
    dire said says say told tell raconte arnaque arnaqueur scam escroc fraude fraud mefie attention annule annuler
    annulez cancel stop arrete ignore oublie forget faux fake joke blague rire mdr lol
    """)
"""Where one of them stands among the words of an order, it is none."""

SMS = _phrases("""
    vous avez recu, vous avez envoye, vous avez paye, vous avez transfere, vous avez retire, you have received, you
    have sent, you have paid, you have transferred, you received, you sent, transaction id, id de transaction, id
    transaction, trans id, txn, nouveau solde, new balance, votre solde est, your balance is, a ete effectue, a ete
    credite, a ete debite, effectue avec succes, has been, successful, successfully, avec succes, reussi, financial
    transaction, code secret, code pin, your pin, votre pin, commission tva
    """)
"""Of operators' messages, which people paste to prove a payment."""

GREETINGS = frozenset(
    _phrases("""
    bonjour, bonsoir, bjr, bsr, salut, coucou, hello, hi, hey, good morning, good evening, good afternoon, good day,
    how far, how na, cc, yo
    """)
)
THANKS = frozenset(
    _phrases("""
    merci, merci beaucoup, merci bien, grand merci, thanks, thank you, thanks a lot, thx, thank you very much, tank
    you, ok merci, ok thanks, super merci, d' accord merci, ok, okay, d' accord, super, parfait, cool, great, perfect,
    nice, c' est bon, top, ca marche, bien recu, noted, dac
    """)
)
