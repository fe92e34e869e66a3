// "What if...": everything that can be broken on purpose.

import { el } from "./dom.js";
import { get, patch, post } from "./http.js";
import { currentLanguage, t } from "./words.js";

/** `scene()` tells {person, group}: whom and what the Telegram part is about. */
export class Drawer {
  constructor(dialog, scene) {
    this.dialog = dialog;
    this.scene = scene;
    this.switches = [];
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  async open() {
    this.draw();
    this.dialog.showModal();
    await this.refresh();
  }

  async refresh() {
    try {
      this.switches = (await get("/api/switches")).switches;
    } catch {
      this.switches = [];
    }
    this.draw();
  }

  draw() {
    const close = el("button", { type: "button", class: "icon", "aria-label": t("close"), onclick: () => this.dialog.close() }, "✕");
    const title = el("h2", { id: "drawer-title" }, t("drawerTitle"));
    this.dialog.replaceChildren(
      el("header", {}, title, close),
      el("p", { class: "drawer-hint" }, t("drawerHint")),
      el("h3", {}, t("paymentPart")),
      el("ul", {}, ...this.rows(false)),
      el("h3", {}, t("telegramPart")),
      el("ul", {}, ...this.rows(true), ...this.telegramRows()),
    );
  }

  rows(ofTelegram) {
    return this.switches.filter(({ name }) => name.startsWith("telegram-") === ofTelegram).map((item) => this.row(item));
  }

  row({ name, label, hint, on }) {
    const language = currentLanguage();
    return this.line(label[language], hint[language], on, async () => {
      this.switches = (await post(`/api/switches/${name}`)).switches;
    });
  }

  telegramRows() {
    const { person, group } = this.scene();
    const rows = [];
    if (person) {
      const block = () => patch(`/api/people/${person.id}`, { blocked: !person.blocked });
      rows.push(this.line(t("block", person.first_name), t("blockHint"), person.blocked, block));
    }
    if (group?.type === "group") {
      rows.push(this.line(t("upgrade"), t("upgradeHint"), null, () => post(`/api/chats/${group.id}/upgrade`)));
    }
    if (group && !group.is_forum) {
      rows.push(this.line(t("forum"), t("forumHint"), null, () => post(`/api/chats/${group.id}/forum`)));
    }
    return rows;
  }

  line(label, hint, on, act) {
    const isSwitch = on !== null;
    const attributes = isSwitch ? { role: "switch", "aria-checked": String(on), class: "switch" } : { class: "push" };
    const button = el("button", { type: "button", ...attributes, "aria-label": label }, isSwitch ? "" : t("doIt"));
    button.addEventListener("click", () => this.act(button, act, isSwitch));
    return el("li", {}, el("div", {}, el("b", {}, label), hint && el("small", {}, hint)), button);
  }

  async act(button, work, isSwitch) {
    button.setAttribute("aria-busy", "true");
    try {
      await work();
      if (!isSwitch) button.textContent = t("done");
      else this.draw();
    } catch {
      button.textContent = isSwitch ? "" : t("failed");
    }
    button.removeAttribute("aria-busy");
    setTimeout(() => this.dialog.open && this.refresh(), 1200);
  }
}
