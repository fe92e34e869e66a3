"""What the merchant of the day types and reads, in each language."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    first_steps: str
    trial: str
    trial_about: str
    hello: str
    ask: str
    to_ask: str
    waits: str
    pay: str
    paid: str
    shift: str
    no_tills: str
    new_till: str
    which_name: str
    till: str
    till_made: str
    which_till: str
    nothing_settled: str
    questions: tuple[str, str, str]
    things: tuple[str, str, str, str, str]
    lines: tuple[tuple[str, str, int], ...]
    robe: str
    phone_first: str
    understood: str
    reply: str
    reply_line: str
    save_payee: str
    saved: str
    by_name: str
    once_more: str
    link: str
    link_page: str
    declined_line: str
    declined: str
    not_paid: str
    check: str
    received: str
    not_received: str
    sheet_name: str
    sheet_head: str
    bulk: str
    rows_to_mend: str
    lines_told: str
    pay_all: str
    sent_lines: str
    sheet_done: str
    team: str
    the_team: str
    invite: str
    invite_as: str
    cashier: str
    welcome: str
    cashier_line: str
    cashier_about: str
    to_send: str
    send: str
    second_person: str
    asked_by: str
    approve: str
    approved_by: str
    sent: str
    reference: str
    refund: str
    to_refund: str
    give_back: str
    given_back: str
    report: str
    report_title: str
    came: str
    went: str
    back: str
    export: str
    shift_came: str
    close_till: str
    till_closed: str
    thousands: str
    currency: str

    def amount(self, amount: int) -> str:
        return f"{amount:,}".replace(",", self.thousands) + f" {self.currency}"


WORDS = {
    "fr": Words(
        first_steps="premiers pas",
        trial="Essayer",
        trial_about="Pour : essai",
        hello="Bonjour Awa",
        ask="Demander",
        to_ask="devra saisir son code",
        waits="attente du code",
        pay="Payer",
        paid="✅ Payé",
        shift="/caisse",
        no_tills="pas encore de caisse",
        new_till="Nouvelle caisse",
        which_name="Comment s’appelle la caisse",
        till="Comptoir",
        till_made="Caisse créée",
        which_till="Quelle caisse prenez-vous",
        nothing_settled="Rien de réglé",
        questions=("Combien doit-on", "De quel numéro", "Pour quoi"),
        things=("chaussures", "beignets", "pagne", "savon", "gâteau"),
        lines=(
            ("/demander 2500 677777777 pain", "pain", 2500),
            ("demande 3 000 à 677 77 77 77 pour la livraison", "livraison", 3000),
            ("/demander 5k 677777777 robe via kpay", "robe", 5000),
        ),
        robe="Pour : robe",
        phone_first="677777777 2000 beignets",
        understood="J’ai compris",
        reply="Répondre",
        reply_line="demande 1200 pour le pagne",
        save_payee="/beneficiaires ajouter Mado 677 77 77 77",
        saved="Enregistré",
        by_name="demande 700 à Mado pour le savon",
        once_more="Encore une fois",
        link="/lien 1500 gâteau",
        link_page="Le client paie sur cette page",
        declined_line="/demander 900 677777777 sac",
        declined="Pour : sac",
        not_paid="❌",
        check="/verifier",
        received="✅ Reçu",
        not_received="❌ Pas reçu",
        sheet_name="juin.csv",
        sheet_head="Montant;Téléphone;Nom;Motif",
        bulk="/paie",
        rows_to_mend="Lignes à corriger : 3",
        lines_told="lignes : 47",
        pay_all="Payer",
        sent_lines="Envoyées : 47",
        sheet_done="Terminé.",
        team="/equipe",
        the_team="L’équipe de",
        invite="Inviter",
        invite_as="Inviter quelqu’un comme",
        cashier="caissier",
        welcome="Bienvenue Brenda",
        cashier_line="/payer 2500 677 12 34 56 transport",
        cashier_about="transport",
        to_send="Vérifiez",
        send="Envoyer",
        second_person="deuxième personne",
        asked_by="Brenda",
        approve="Approuver",
        approved_by="Approuvé par Awa",
        sent="✅ Envoyé",
        reference="Réf. ",
        refund="/rembourser",
        to_refund="L’argent retourne",
        give_back="Rembourser",
        given_back="✅ Remboursé",
        report="/rapport",
        report_title="📊 Rapport",
        came="Reçu :",
        went="Envoyé :",
        back="Remboursé :",
        export="/exporter",
        shift_came="Reçu",
        close_till="Fermer la caisse",
        till_closed="fermée",
        thousands=" ",
        currency="FCFA",
    ),
    "en": Words(
        first_steps="first steps",
        trial="Try it",
        trial_about="For: trial",
        hello="Awa",
        ask="Ask",
        to_ask="Check, then tap",
        waits="Waiting for",
        pay="Pay",
        paid="✅ Paid",
        shift="/shift",
        no_tills="There are no tills yet",
        new_till="New till",
        which_name="What is the till called",
        till="Front desk",
        till_made="Till made",
        which_till="Which till do you take",
        nothing_settled="Nothing settled",
        questions=("How much", "From which", "What for"),
        things=("shoes", "puff-puff", "cloth", "soap", "cake"),
        lines=(
            ("/request 2500 677777777 bread", "bread", 2500),
            ("ask 677 77 77 77 for 3,000 for the delivery", "delivery", 3000),
            ("/request 5k 677777777 dress via kpay", "dress", 5000),
        ),
        robe="For: dress",
        phone_first="677777777 2000 puff-puff",
        understood="I understood",
        reply="Reply",
        reply_line="ask 1200 for the cloth",
        save_payee="/payees add Mado 677 77 77 77",
        saved="Saved",
        by_name="ask Mado for 700 for the soap",
        once_more="Once more",
        link="/link 1500 cake",
        link_page="page",
        declined_line="/request 900 677777777 bag",
        declined="For: bag",
        not_paid="❌",
        check="/check",
        received="✅ Received",
        not_received="❌ Not received",
        sheet_name="june.csv",
        sheet_head="Amount;Phone;Name;Reason",
        bulk="/bulk",
        rows_to_mend="Rows to mend: 3",
        lines_told="rows: 47",
        pay_all="Pay",
        sent_lines="Sent: 47",
        sheet_done="Done.",
        team="/team",
        the_team="The team of",
        invite="Invite",
        invite_as="Invite somebody as",
        cashier="cashier",
        welcome="Welcome Brenda",
        cashier_line="/payout 2500 677 12 34 56 transport",
        cashier_about="transport",
        to_send="Check, then tap",
        send="Send",
        second_person="second person",
        asked_by="Brenda",
        approve="Approve",
        approved_by="Approved by Awa",
        sent="✅ Sent",
        reference="Ref. ",
        refund="/refund",
        to_refund="Check, then tap",
        give_back="Refund",
        given_back="✅ Refunded",
        report="/report",
        report_title="📊 Report",
        came="Received:",
        went="Sent:",
        back="Refunded:",
        export="/export",
        shift_came="Received",
        close_till="Close the till",
        till_closed="is closed",
        thousands=",",
        currency="FCFA",
    ),
}
