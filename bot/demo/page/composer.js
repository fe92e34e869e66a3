// Where a person writes: text, commands, replies, edits, files and contacts.

import { el, find, findAll } from "./dom.js";
import { get, patch, post, upload } from "./http.js";
import { t } from "./words.js";

const LARGEST = 20 * 1024 * 1024;

/** `seat()` tells {chat, user, isGroup, bot}; `warn(text)` shows a toast in the pane. */
export class Composer {
  constructor(form, seat, warn) {
    this.form = form;
    this.seat = seat;
    this.warn = warn;
    this.field = find("textarea", form);
    this.list = find(".commands", form);
    this.commands = [];
    this.target = null;
    this.list.id = `commands-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.field.setAttribute("aria-controls", this.list.id);
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    find(".menu", this.form).addEventListener("click", () => this.toggleMenu());
    find(".attach", this.form).addEventListener("click", () => this.toggleAttachments());
    find(".reply button", this.form).addEventListener("click", () => this.aim(null));
    find("input[type=file]", this.form).addEventListener("change", (event) => this.sendFiles(event.target));
    for (const node of findAll("[data-attach]", this.form)) {
      node.addEventListener("click", () => this.attach(node.dataset.attach));
    }
    document.addEventListener("pointerdown", (event) => this.form.contains(event.target) || this.closeAll());
  }

  // Sending

  async submit(event) {
    event.preventDefault();
    const option = this.current();
    if (option) return this.choose(option);
    const text = this.field.value.trim();
    if (text) await this.send(text);
  }

  async send(text) {
    const { chat, user, topic } = this.seat();
    const target = this.target;
    this.field.value = "";
    this.closeAll();
    this.aim(null);
    this.resize();
    await this.attempt(() =>
      target?.kind === "edit"
        ? patch(`/api/chats/${chat}/messages/${target.message.message_id}`, { user, text })
        : post(`/api/chats/${chat}/messages`, { user, text, topic, reply_to: target?.message.message_id }),
    );
  }

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.warn(t(error.status === 413 ? "tooBig" : "failed"));
    }
  }

  // Replies and edits

  aim(target) {
    this.target = target;
    const box = find(".reply", this.form);
    box.hidden = !target;
    if (!target) return;
    const isEdit = target.kind === "edit";
    find("b", box).textContent = isEdit ? t("editing") : t("replyTo", target.message.from.first_name);
    find("span", box).textContent = (target.message.text ?? target.message.caption ?? "").slice(0, 120);
    if (isEdit) this.field.value = target.message.text;
    this.resize();
    if (matchMedia("(hover: hover)").matches || isEdit) this.field.focus();
  }

  // The bot's reply keyboard

  showKeyboard(keyboard) {
    const box = find(".keyboard", this.form);
    box.replaceChildren();
    box.hidden = !keyboard?.keyboard;
    if (box.hidden) return;
    for (const row of keyboard.keyboard) {
      const keys = row.map((button) => this.replyKey(typeof button === "string" ? { text: button } : button, keyboard));
      box.append(el("div", { class: "key-row" }, ...keys));
    }
  }

  replyKey(button, keyboard) {
    const onclick = () => {
      if (keyboard.one_time_keyboard) find(".keyboard", this.form).hidden = true;
      if (button.request_contact) this.openContact(true);
      else this.send(button.text);
    };
    return el("button", { type: "button", class: "key", onclick }, button.text);
  }

  // Commands

  /** A menu that comes while a command is being typed still completes it. */
  async loadCommands() {
    const { chat, user } = this.seat();
    this.commands = (await get(`/api/chats/${chat}/commands?user=${user}`)).commands;
    if (document.activeElement === this.field) this.typed();
  }

  typed() {
    this.resize();
    if (this.asksInline()) return;
    const word = /^\/(\S*)$/.exec(this.field.value);
    if (!word) return this.showCommands([]);
    this.showCommands(this.commands.filter(({ command }) => command.startsWith(word[1].toLowerCase())), true);
  }

  // What the bot offers behind its name

  /** A pause in typing asks; whatever was asked before is forgotten. */
  asksInline() {
    clearTimeout(this.asking);
    const [name, ...rest] = this.field.value.split(/\s/);
    const asks = name === `@${this.seat().bot}` && this.field.value.length > name.length;
    if (asks) this.asking = setTimeout(() => this.attempt(() => this.askInline(rest.join(" ").trim())), 300);
    return asks;
  }

  async askInline(text) {
    const { chat, user } = this.seat();
    const typed = this.field.value;
    const { query, results, button } = await post(`/api/chats/${chat}/inline`, { user, text });
    if (this.field.value !== typed) return;
    const options = results.map((result, index) => {
      const option = el("li", { role: "option", id: `${this.list.id}-${index}` });
      option.append(el("b", {}, result.title), el("span", {}, result.description));
      option.dataset.query = query;
      option.dataset.result = result.id;
      option.addEventListener("click", () => this.choose(option));
      return option;
    });
    const hint = button && el("li", { class: "hint" }, button.text);
    this.list.replaceChildren(...options, ...(hint ? [hint] : []));
    this.list.hidden = !options.length && !hint;
    this.mark(options[0] ?? null);
  }

  async postInline({ query, result }) {
    const { chat, user } = this.seat();
    this.field.value = "";
    this.closeAll();
    this.resize();
    await this.attempt(() => post(`/api/chats/${chat}/inline/${query}`, { user, result }));
  }

  async toggleMenu() {
    if (!this.list.hidden) return this.closeAll();
    this.closeAll();
    if (!this.commands.length) await this.loadCommands();
    if (!this.commands.length) return this.warn(t("noCommands"));
    this.showCommands(this.commands);
    this.field.focus();
  }

  showCommands(commands, first = false) {
    const options = commands.map(({ command, description }, index) => {
      const option = el("li", { role: "option", id: `${this.list.id}-${index}` });
      option.append(el("b", {}, `/${command}`), el("span", {}, description));
      option.dataset.command = command;
      option.addEventListener("click", () => this.choose(option));
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    find(".menu", this.form).setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(first ? options[0] : null);
  }

  current() {
    return this.list.hidden ? null : find("[aria-selected=true]", this.list);
  }

  mark(option) {
    for (const other of this.list.children) other.setAttribute("aria-selected", String(other === option));
    option?.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  choose(option) {
    if (option.dataset.query) return this.postInline(option.dataset);
    const { isGroup, bot } = this.seat();
    this.send(`/${option.dataset.command}${isGroup ? `@${bot}` : ""}`);
    this.field.focus();
  }

  key(event) {
    if (event.isComposing) return;
    const options = [...this.list.children];
    const at = options.indexOf(this.current());
    if (!this.list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.mark(options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length));
    } else if (!this.list.hidden && event.key === "Tab" && options[at]?.dataset.command) {
      event.preventDefault();
      this.field.value = `/${options[at].dataset.command} `;
      this.typed();
    } else if (event.key === "Escape") {
      this.closeAll();
      this.aim(null);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  // Files and contacts

  toggleAttachments() {
    const menu = find(".attachments", this.form);
    const open = menu.hidden;
    this.closeAll();
    menu.hidden = !open;
    find(".attach", this.form).setAttribute("aria-expanded", String(open));
    if (open) find("button", menu).focus();
  }

  attach(kind) {
    this.closeAll();
    if (kind === "file") find("input[type=file]", this.form).click();
    else this.openContact(false);
  }

  /** What is already written goes along as the first file's caption. */
  async sendFiles(input) {
    const { chat, user } = this.seat();
    let caption = this.field.value.trim();
    for (const file of input.files) {
      if (file.size > LARGEST) this.warn(t("tooBig"));
      else {
        const query = new URLSearchParams({ user, name: file.name, caption });
        if (caption) this.field.value = caption = "";
        await this.attempt(() => upload(`/api/chats/${chat}/files?${query}`, file));
      }
    }
    input.value = "";
    this.closeAll();
    this.resize();
  }

  openContact(own) {
    const dialog = find("#contact");
    const form = find("form", dialog);
    const seat = this.seat();
    form.reset();
    if (own) form.elements.first_name.value = seat.name;
    dialog.returnValue = "";
    dialog.showModal();
    const closed = () => {
      if (dialog.returnValue !== "send") return;
      const body = Object.fromEntries(new FormData(form));
      this.attempt(() => post(`/api/chats/${seat.chat}/contact`, { ...body, user: seat.user, own }));
    };
    dialog.addEventListener("close", closed, { once: true });
  }

  closeAll() {
    this.showCommands([]);
    find(".attachments", this.form).hidden = true;
    find(".attach", this.form).setAttribute("aria-expanded", "false");
  }

  resize() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 140)}px`;
  }
}
