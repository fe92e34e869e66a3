// One chat on the screen: its head, its messages and its composer.

import { bubble } from "./bubbles.js";
import { Composer } from "./composer.js";
import { el, find } from "./dom.js";
import { get, post } from "./http.js";
import { t, translate } from "./words.js";

const ACTION_SECONDS = 5;

/** `isGroup` says which of the two it is. `onNews` is called with true for a new message, false for a seen one. */
export class ChatPane {
  constructor(root, isGroup, onNews, onPerson) {
    this.root = root;
    this.isGroup = isGroup;
    this.onNews = onNews;
    this.onPerson = onPerson;
    this.messages = new Map();
    this.elsewhere = new Set();
    this.chat = null;
    this.user = null;
    this.topics = [];
    this.topic = null;
    this.pinned = true;
    this.lastTop = 0;
    root.append(find("#chat-template").content.cloneNode(true));
    translate(root);
    this.list = find(".messages", root);
    this.scroll = find(".scroll", root);
    this.composer = new Composer(find(".composer", root), () => this.seat(), (text) => this.toast(text));
    this.hands = {
      press: (message, button, node) => this.press(message, button, node),
      command: (command) => this.composer.send(command),
      reply: (message) => this.composer.aim({ kind: "reply", message }),
      edit: (message) => this.composer.aim({ kind: "edit", message }),
    };
    this.listen();
  }

  listen() {
    find("select", this.root).addEventListener("change", (event) => this.choosePerson(event.target));
    find(".welcome button", this.root).addEventListener("click", () => this.composer.send("/start"));
    find(".to-end", this.root).addEventListener("click", () => this.toEnd("smooth"));
    this.scroll.addEventListener("scroll", () => this.scrolled());
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(this.list);
  }

  /** Pinned to the end until the person scrolls up: pictures and quick answers must not loosen it. */
  scrolled() {
    const { scrollTop } = this.scroll;
    if (this.isAtEnd()) this.pinned = true;
    else if (scrollTop < this.lastTop - 4) this.pinned = false;
    this.lastTop = scrollTop;
    find(".to-end", this.root).hidden = this.pinned;
  }

  seat() {
    const { world } = this;
    const name = world.people.find((person) => person.id === this.user)?.first_name ?? "";
    const { chat, user, isGroup, topic } = this;
    return { chat, user, isGroup, bot: world.bot.username, name, topic: topic || undefined };
  }

  // Who speaks, and where

  async update(world) {
    this.world = world;
    const group = world.groups[0];
    const people = this.isGroup ? world.people.filter(({ id }) => group?.members.includes(id)) : world.people;
    if (!people.some(({ id }) => id === this.user)) this.user = people[0]?.id ?? null;
    const chat = this.isGroup ? (group?.id ?? null) : this.user;
    this.head(people, group);
    if (this.isGroup) this.drawTopics(group?.is_forum ? group.topics : []);
    if (chat !== this.chat) await this.open(chat);
    else await this.refreshCommands();
  }

  head(people, group) {
    const title = this.isGroup ? (group?.title ?? t("noGroup")) : this.world.bot.first_name;
    find(".pane-title", this.root).textContent = title;
    find(".face", this.root).textContent = this.isGroup ? title.slice(0, 1) : "";
    this.note = this.isGroup ? t("members", group?.members.length ?? 0) : t("bot");
    find(".pane-note", this.root).textContent = this.note;
    const select = find("select", this.root);
    const options = people.map(({ id, first_name: name }) =>
      el("option", { value: id, selected: id === this.user }, this.elsewhere.has(id) ? `${name} •` : name),
    );
    select.replaceChildren(...options, ...(this.isGroup ? [] : [el("option", { value: "new" }, `＋ ${t("addPerson")}`)]));
    this.root.classList.toggle("empty", this.chat === null && !people.length);
  }

  /** Tabs of a forum: everything, the general topic (0), and each of its own. */
  drawTopics(topics) {
    this.topics = topics;
    const known = topics.map(({ message_thread_id: id, name }) => [id, name]);
    const tabs = known.length ? [[null, t("everyTopic")], [0, t("general")], ...known] : [];
    if (!tabs.some(([id]) => id === this.topic)) this.topic = null;
    const nodes = tabs.map(([id, name]) =>
      el("button", { type: "button", "aria-pressed": String(id === this.topic), onclick: () => this.look(id) }, name),
    );
    const bar = find(".topics", this.root);
    bar.replaceChildren(...nodes);
    bar.hidden = !nodes.length;
  }

  look(topic) {
    this.topic = topic;
    this.drawTopics(this.topics);
    this.draw();
  }

  isSeen(message) {
    return this.topic === null || (message.message_thread_id ?? 0) === this.topic;
  }

  bubble(message) {
    const topic = this.topics.find(({ message_thread_id: id }) => id === message.message_thread_id);
    const name = this.topic === null ? topic?.name : null;
    return bubble(message, this.user, this.isGroup, this.hands, name);
  }

  async choosePerson(select) {
    if (select.value === "new") {
      select.value = this.user;
      return this.onPerson((person) => this.sit(person));
    }
    await this.sit(Number(select.value));
  }

  async sit(user) {
    this.user = user;
    this.elsewhere.delete(user);
    await this.update(this.world);
    if (this.isGroup) this.draw();
  }

  async open(chat) {
    this.chat = chat;
    this.composer.aim(null);
    await this.reload();
  }

  async reload() {
    this.messages.clear();
    if (this.chat !== null) {
      const { messages } = await get(`/api/chats/${this.chat}`);
      for (const message of messages) this.messages.set(message.message_id, message);
    }
    this.draw();
    await this.refreshCommands();
  }

  async refreshCommands() {
    if (this.chat !== null && this.user !== null) await this.composer.loadCommands();
  }

  // What is seen

  draw() {
    const seen = [...this.messages.values()].filter((message) => this.isSeen(message));
    this.list.replaceChildren(...seen.map((message) => this.bubble(message)));
    this.welcome();
    this.keyboard();
    this.toEnd();
  }

  welcome() {
    const box = find(".welcome", this.root);
    const { world } = this;
    box.hidden = this.messages.size > 0;
    const about = world?.bot.about[document.documentElement.lang];
    find(".welcome-text", box).textContent = this.isGroup ? t("emptyGroup") : about || t("welcome");
    find("button", box).hidden = this.isGroup;
  }

  keyboard() {
    const last = [...this.messages.values()].filter(({ keyboard }) => keyboard).at(-1);
    this.composer.showKeyboard(last?.keyboard);
  }

  on(event) {
    if (event.chat !== this.chat) return this.elsewhereNews(event);
    if (event.kind === "action") return this.act(event.action);
    if (event.kind === "deleted") return this.remove(event.message);
    this.put(event.message, event.kind === "edited");
  }

  elsewhereNews(event) {
    const isTheirs = !this.isGroup && this.world.people.some(({ id }) => id === event.chat);
    if (!isTheirs || event.kind !== "message" || !event.message.from.is_bot) return;
    this.elsewhere.add(event.chat);
    this.head(this.world.people, this.world.groups[0]);
  }

  put(message, edited) {
    const node = this.bubble(message);
    const old = find(`[data-id="${message.message_id}"]`, this.list);
    this.messages.set(message.message_id, message);
    if (old) old.replaceWith(node);
    else if (this.isSeen(message)) this.list.append(node);
    node.classList.add(edited ? "changed" : "new");
    this.welcome();
    if (!edited) this.arrived(message);
    if (this.pinned || message.from.id === this.user) this.toEnd("smooth");
  }

  arrived(message) {
    this.act(null);
    if (message.keyboard) this.keyboard();
    if (message.from.is_bot && message.keyboard?.force_reply) this.composer.aim({ kind: "reply", message });
    if (message.from.id !== this.user && !message.silent) this.onNews(true);
  }

  remove(id) {
    this.messages.delete(id);
    find(`[data-id="${id}"]`, this.list)?.remove();
    this.welcome();
  }

  act(action) {
    clearTimeout(this.acting);
    const words = action === "typing" ? t("typing") : t("uploading");
    find(".pane-note", this.root).textContent = action ? words : this.note;
    if (action) this.acting = setTimeout(() => this.act(null), ACTION_SECONDS * 1000);
  }

  // Buttons under messages

  async press(message, button, node) {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try {
      const path = `/api/chats/${this.chat}/messages/${message.message_id}/tap`;
      this.answer(await post(path, { user: this.user, data: button.callback_data }));
    } catch (error) {
      this.toast(t(error.status === 409 || error.status === 404 ? "gone" : "failed"));
    } finally {
      node.removeAttribute("aria-busy");
    }
  }

  answer({ answered, text, alert }) {
    if (!answered) return this.toast(t("noAnswer"));
    if (!text) return;
    if (!alert) return this.toast(text);
    const dialog = find("#alert");
    find(".box-text", dialog).textContent = text;
    dialog.showModal();
  }

  toast(text) {
    const node = el("p", { class: "toast" }, text);
    find(".toast-place", this.root).replaceChildren(node);
    setTimeout(() => node.remove(), 4500);
  }

  isAtEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 80;
  }

  toEnd(behavior = "instant") {
    this.pinned = true;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior });
  }
}
