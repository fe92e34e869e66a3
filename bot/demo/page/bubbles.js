// One message of a chat as an element.

import { el } from "./dom.js";
import { richText } from "./richtext.js";
import { clock, currentLanguage, shownNumber, t, whole } from "./words.js";

/** `hands` are what may be done with it: press, command, reply, edit; `me` is the person who looks, `topic` its name. */
export function bubble(message, me, isGroup, hands, topic) {
  if (serviceOf(message)) return el("li", { class: "service" }, serviceText(message));
  const mine = message.from.id === me;
  const kind = mine ? "mine" : message.from.is_bot ? "bot" : "theirs";
  const node = el("li", { class: `message ${kind}` });
  node.dataset.id = message.message_id;
  node.append(
    el(
      "div",
      { class: "bubble" },
      topic && el("p", { class: "topic" }, `# ${topic}`),
      isGroup && !mine && el("p", { class: "who" }, message.from.first_name),
      message.via_bot && el("p", { class: "who" }, t("via", message.via_bot.username)),
      quoted(message.reply_to_message),
      picture(message),
      file(message),
      contact(message),
      text(message, hands),
      foot(message, mine, isGroup, hands),
    ),
  );
  if (message.reply_markup) node.append(keys(message, hands));
  return node;
}

const SERVICES = {
  migrate_to_chat_id: "service",
  migrate_from_chat_id: "upgraded",
  pinned_message: "pinned",
  forum_topic_created: "topicMade",
  forum_topic_closed: "topicClosed",
  forum_topic_reopened: "topicReopened",
};

const serviceOf = (message) => Object.keys(SERVICES).find((key) => key in message);

const serviceText = (message) => t(SERVICES[serviceOf(message)], message.forum_topic_created?.name);

function text(message, hands) {
  const words = message.text ?? message.caption;
  if (!words) return null;
  const entities = message.entities ?? message.caption_entities ?? [];
  return el("div", { class: "text" }, richText(words, entities, hands.command));
}

function quoted(message) {
  if (!message || message.forum_topic_created) return null;
  const words = message.text ?? message.caption ?? t("picture");
  return el("div", { class: "quoted" }, el("b", {}, message.from.first_name), el("span", {}, words.slice(0, 90)));
}

function picture(message) {
  if (!message.photo) return null;
  const { file_id: id, width, height } = message.photo[0];
  const source = `/api/files/${id}`;
  const image = el("img", { src: source, alt: message.caption ?? t("picture"), width, height, loading: "lazy" });
  return el("a", { class: "picture", href: source, target: "_blank", rel: "noopener" }, image);
}

function file(message) {
  const found = message.document;
  if (!found) return null;
  const attributes = { class: "file", href: `/api/files/${found.file_id}`, download: found.file_name };
  return el(
    "a",
    { ...attributes, "aria-label": t("download", found.file_name) },
    el("span", { class: "file-kind", "aria-hidden": "true" }, found.file_name.split(".").pop().slice(0, 4)),
    el("span", { class: "file-name" }, el("b", {}, found.file_name), el("small", {}, size(found.file_size))),
  );
}

const UNITS = { fr: ["o", "Ko", "Mo"], en: ["B", "KB", "MB"] };

function size(bytes) {
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  return `${whole(Math.ceil(bytes / 1024 ** step))} ${UNITS[currentLanguage()][step]}`;
}

function contact(message) {
  const found = message.contact;
  if (!found) return null;
  const digits = found.phone_number.replace(/\D/g, "");
  return el(
    "div",
    { class: "file" },
    el("span", { class: "file-kind", "aria-hidden": "true" }, "👤"),
    el("span", { class: "file-name" }, el("b", {}, found.first_name), el("small", {}, shownNumber(digits))),
  );
}

function foot(message, mine, isGroup, hands) {
  const tools = el("span", { class: "tools" });
  if (mine && message.text && hands.edit && !message.via_bot) tools.append(tool("edit", "✎", () => hands.edit(message)));
  if (hands.reply) tools.append(tool("reply", "↩", () => hands.reply(message)));
  const edited = message.edit_date && (message.text || message.caption);
  const time = edited ? t("edited", clock(message.edit_date)) : clock(message.date);
  const iso = new Date((message.edit_date ?? message.date) * 1000).toISOString();
  return el("footer", {}, tools, el("time", { dateTime: iso }, time));
}

const tool = (word, sign, onclick) => el("button", { type: "button", "aria-label": t(word), title: t(word), onclick }, sign);

function keys(message, hands) {
  const rows = message.reply_markup.inline_keyboard.map((row) =>
    el("div", { class: "key-row" }, ...row.map((button) => key(message, button, hands))),
  );
  return el("div", { class: "keys" }, ...rows);
}

function key(message, button, hands) {
  if (button.url) {
    const address = /^(https?|tg):/i.test(button.url) ? button.url : `http://${button.url}`;
    return el("a", { class: "key", href: address, target: "_blank", rel: "noopener noreferrer" }, `${button.text} ↗`);
  }
  if (button.copy_text) {
    const copy = () => navigator.clipboard?.writeText(button.copy_text.text);
    return el("button", { type: "button", class: "key", onclick: copy }, `${button.text} ⧉`);
  }
  const node = el("button", { type: "button", class: "key" }, button.text);
  node.addEventListener("click", () => hands.press(message, button, node));
  return node;
}
