// Every word of the page, in French and in English.

import { findAll } from "./dom.js";

const WORDS = {
  demo: ["démo sur cette machine", "demo on this machine"],
  offline: ["Connexion perdue. Nouvel essai…", "Connection lost. Trying again…"],
  language: ["Langue", "Language"],
  whatIf: ["Et si… ?", "What if…?"],
  panes: ["Écrans", "Screens"],
  merchant: ["Commerçant", "Merchant"],
  group: ["Équipe", "Team"],
  phone: ["Client", "Customer"],
  merchantPane: ["Le commerçant parle au bot", "The merchant talks to the bot"],
  groupPane: ["Le groupe de l’équipe", "The team’s group"],
  phonePane: ["Le téléphone du client", "The customer’s phone"],
  as: ["en tant que", "as"],
  speakAs: ["Parler en tant que", "Speak as"],
  toEnd: ["Aller au dernier message", "Go to the latest message"],
  start: ["Démarrer", "Start"],
  welcome: ["Le guichet est ouvert. Appuyez pour commencer.", "The counter is open. Tap to begin."],
  emptyGroup: ["Rien à signaler pour l’instant.", "Nothing to report so far."],
  noGroup: ["Pas encore de groupe", "No group yet"],
  members: ["{0} membres", "{0} members"],
  bot: ["bot", "bot"],
  typing: ["écrit…", "is typing…"],
  uploading: ["envoie un fichier…", "is sending a file…"],
  write: ["Message", "Message"],
  via: ["via @{0}", "via @{0}"],
  commands: ["Commandes", "Commands"],
  noCommands: ["Le bot n’a pas encore de commandes ici.", "The bot has no commands here yet."],
  attach: ["Joindre", "Attach"],
  attachFile: ["📄 Fichier ou photo", "📄 File or photo"],
  attachContact: ["👤 Contact", "👤 Contact"],
  send: ["Envoyer", "Send"],
  cancel: ["Annuler", "Cancel"],
  ok: ["OK", "OK"],
  add: ["Ajouter", "Add"],
  addPerson: ["Ajouter une personne", "Add a person"],
  firstName: ["Prénom", "First name"],
  contactTitle: ["Envoyer un contact", "Send a contact"],
  contactName: ["Nom", "Name"],
  contactPhone: ["Numéro de téléphone", "Phone number"],
  reply: ["Répondre", "Reply"],
  edit: ["Modifier", "Edit"],
  edited: ["modifié à {0}", "edited at {0}"],
  replyTo: ["Répondre à {0}", "Reply to {0}"],
  editing: ["Modifier le message", "Edit the message"],
  picture: ["Photo", "Picture"],
  download: ["Télécharger {0}", "Download {0}"],
  contact: ["Contact", "Contact"],
  spoiler: ["Texte caché : appuyez pour le lire", "Hidden text: tap to read it"],
  upgraded: ["Le groupe est devenu un supergroupe.", "The group became a supergroup."],
  topicMade: ["Sujet créé : {0}", "Topic made: {0}"],
  topicClosed: ["Le sujet est fermé.", "The topic is closed."],
  topicReopened: ["Le sujet est rouvert.", "The topic is open again."],
  topics: ["Sujets", "Topics"],
  everyTopic: ["Tout", "All"],
  general: ["Général", "General"],
  service: ["Message de service", "Service message"],
  pinned: ["📌 Message épinglé", "📌 Message pinned"],
  noAnswer: ["Le bot n’a pas répondu.", "The bot did not answer."],
  gone: ["Ce bouton n’existe plus.", "This button is gone."],
  failed: ["Cela n’a pas marché. Réessayez.", "That did not work. Try again."],
  tooBig: ["Ce fichier dépasse 20 Mo.", "This file is over 20 MB."],
  unread: ["nouveaux messages", "new messages"],
  wallet: ["Solde", "Balance"],
  airtime: ["Crédit", "Airtime"],
  number: ["Numéro", "Number"],
  noPhone: ["En attente d’un paiement", "Waiting for a payment"],
  noPhoneHint: [
    "Quand le commerçant demande de l’argent, le téléphone du client s’allume ici.",
    "When the merchant asks for money, the customer’s phone lights up here.",
  ],
  noNetwork: ["Pas de réseau", "No network"],
  noNetworkHint: ["Les systèmes de paiement ne répondent pas.", "The payment systems do not answer."],
  asks: ["{0} demande", "{0} asks for"],
  pin: ["Code PIN", "PIN"],
  pinHint: ["Dans la démo, le PIN est {0}.", "In the demo the PIN is {0}."],
  digits: ["{0} chiffres saisis", "{0} digits entered"],
  erase: ["Effacer", "Erase"],
  approve: ["Payer", "Pay"],
  decline: ["Refuser", "Decline"],
  wrongPin: ["PIN incorrect. Encore {0} essai(s).", "Wrong PIN. {0} attempt(s) left."],
  promptGone: ["Cette demande n’est plus là.", "This request is gone."],
  paid: ["Paiement envoyé", "Payment sent"],
  declined: ["Demande refusée", "Request declined"],
  ended: ["Paiement refusé", "Payment refused"],
  waiting: ["+{0} autre(s) demande(s)", "+{0} more request(s)"],
  messages: ["Messages", "Messages"],
  noMessages: ["Aucun message", "No messages"],
  ringing: ["Le téléphone {0} sonne.", "Phone {0} is ringing."],
  rings: ["sonne", "rings"],
  drawerTitle: ["Et si… ?", "What if…?"],
  drawerHint: [
    "Cassez quelque chose et regardez ce que le guichet en fait.",
    "Break something and watch what the counter does.",
  ],
  close: ["Fermer", "Close"],
  doIt: ["Faire", "Do it"],
  done: ["C’est fait", "Done"],
  telegramPart: ["Telegram", "Telegram"],
  paymentPart: ["Paiements et pannes", "Payments and failures"],
  upgrade: ["Le groupe devient un supergroupe", "The group becomes a supergroup"],
  forum: ["Activer les sujets du groupe", "Turn the group’s topics on"],
  forumHint: ["Le bot devient administrateur.", "The bot becomes an administrator."],
  upgradeHint: ["Son identifiant change, comme chez Telegram.", "Its id changes, as it does in Telegram."],
  block: ["{0} bloque le bot", "{0} blocks the bot"],
  blockHint: ["Le bot ne peut plus lui écrire.", "The bot can no longer write to them."],
};

let language = "fr";

export const currentLanguage = () => language;

export function setLanguage(code) {
  language = code === "en" ? "en" : "fr";
  document.documentElement.lang = language;
  translate(document);
  document.dispatchEvent(new CustomEvent("language"));
}

export function t(key, ...values) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no word ${key}`);
  const text = pair[language === "en" ? 1 : 0];
  return text.replace(/\{(\d)\}/g, (_, index) => values[Number(index)]);
}

/** data-word is the text, data-label the accessible name, data-placeholder the hint in a field. */
export function translate(root) {
  for (const node of findAll("[data-word]", root)) node.textContent = t(node.dataset.word);
  for (const node of findAll("[data-label]", root)) {
    node.setAttribute("aria-label", t(node.dataset.label));
    if (node.matches("button")) node.title = t(node.dataset.label);
  }
  for (const node of findAll("[data-placeholder]", root)) node.placeholder = t(node.dataset.placeholder);
}

export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const whole = (number) => new Intl.NumberFormat(language === "en" ? "en" : "fr").format(number);

/** +237 6 77 77 77 77; the grouping of other countries is left alone. */
export function shownNumber(msisdn) {
  const cameroon = /^237(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(msisdn);
  return cameroon ? `+237 ${cameroon.slice(1).join(" ")}` : `+${msisdn}`;
}
