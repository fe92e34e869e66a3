// The customer's handset: which number rings, what it asks, the PIN, the messages, the money.

import { el, find } from "./dom.js";
import { get, post } from "./http.js";
import { clock, shownNumber, t, whole } from "./words.js";

const ROWS = [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"], ["erase", "0", "approve"]];
const CALM = 120;
const AGAIN_AFTER = 1500;
const OUTCOME_SHOWN = 3500;

export class PhonePane {
  constructor(root, onNews) {
    this.root = root;
    this.onNews = onNews;
    this.phones = [];
    this.chosen = null;
    this.pin = "";
    this.hint = "";
    this.notice = null;
    this.reachable = true;
    this.asked = new Set();
    this.spoken = el("p", { class: "unseen", role: "status", "aria-live": "assertive" });
    this.device = el("div", { class: "device" });
    root.append(this.device, this.spoken);
    root.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  /** A new stream after each break, from the beginning: a sandbox that was started anew counts from one again. */
  watch() {
    const source = new EventSource("/api/phones/events");
    for (const kind of ["prompt", "message", "entry", "balance", "settings"]) {
      source.addEventListener(kind, () => this.soon());
    }
    source.onopen = () => this.soon();
    source.onerror = () => {
      source.close();
      this.soon();
      setTimeout(() => this.watch(), AGAIN_AFTER);
    };
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.refresh(), CALM);
  }

  async refresh() {
    try {
      const { phones, pin } = await get("/api/phones");
      this.take(phones, pin);
    } catch {
      this.reachable = false;
      this.draw();
    }
  }

  take(phones, pin) {
    this.reachable = true;
    this.hint = pin;
    this.phones = phones;
    const fresh = phones.filter(({ prompts }) => prompts.some(({ reference }) => !this.asked.has(reference)));
    for (const { prompts } of phones) for (const { reference } of prompts) this.asked.add(reference);
    if (fresh.length) this.ring(fresh.at(-1).msisdn);
    if (!phones.some(({ msisdn }) => msisdn === this.chosen)) this.chosen = phones[0]?.msisdn ?? null;
    const ringing = phones.find(({ prompts }) => prompts.length);
    if (ringing && !this.current().prompts.length && !this.notice && !this.byHand) this.choose(ringing.msisdn);
    this.draw();
  }

  ring(msisdn) {
    if (!this.current()?.prompts.length) this.choose(msisdn);
    this.spoken.textContent = t("ringing", shownNumber(msisdn));
    this.notice = null;
    this.onNews(true);
  }

  /** A number picked by hand stays until a new request rings. */
  choose(msisdn, byHand = false) {
    this.chosen = msisdn;
    this.byHand = byHand;
    this.pin = "";
    this.notice = null;
  }

  current() {
    return this.phones.find(({ msisdn }) => msisdn === this.chosen);
  }

  // Drawing

  draw() {
    const focused = document.activeElement?.dataset?.key;
    this.device.replaceChildren(this.bar(), ...this.screen());
    if (focused) find(`[data-key="${focused}"]`, this.device)?.focus();
  }

  bar() {
    const time = el("span", {}, clock(Date.now() / 1000));
    return el("div", { class: "bar", "aria-hidden": "true" }, time, el("span", { class: "notch" }), el("span", {}, this.reachable ? "▂▄▆" : "✕"));
  }

  screen() {
    if (!this.reachable) return [nothing("📡", "noNetwork", "noNetworkHint")];
    const phone = this.current();
    if (!phone) return [nothing("📱", "noPhone", "noPhoneHint")];
    const [prompt] = phone.prompts;
    const owner = [this.owner(phone), this.noticeBox()].filter(Boolean);
    if (!prompt && !phone.messages.length) return [...owner, nothing("📱", "noPhone", "noPhoneHint")];
    return [...owner, prompt ? this.prompt(prompt, phone) : "", inbox(phone)];
  }

  owner(phone) {
    const options = this.phones.map(({ msisdn, prompts }) =>
      el(
        "option",
        { value: msisdn, selected: msisdn === this.chosen },
        prompts.length ? `${shownNumber(msisdn)} · ${t("rings")}` : shownNumber(msisdn),
      ),
    );
    const select = el("select", { "aria-label": t("number"), "data-key": "number" }, ...options);
    select.addEventListener("change", () => {
      this.choose(select.value, true);
      this.draw();
    });
    const money = el("p", { class: "money" }, el("small", {}, t("wallet")), `${whole(phone.wallet)} ${phone.currency}`);
    return el("div", { class: "owner" }, select, money);
  }

  noticeBox() {
    return this.notice && el("p", { class: `notice ${this.notice.kind}`, role: "status" }, this.notice.text);
  }

  prompt(prompt, phone) {
    const more = phone.prompts.length - 1;
    const fresh = this.drawn !== prompt.reference;
    this.drawn = prompt.reference;
    return el(
      "div",
      { class: `prompt ${brand(prompt.operator)} ${fresh ? "new" : ""}` },
      el("p", { class: "operator" }, prompt.operator.replaceAll("_", " "), more > 0 && el("small", {}, t("waiting", more))),
      el("p", { class: "asker" }, t("asks", prompt.asker)),
      el("p", { class: "amount" }, whole(prompt.amount), el("small", {}, ` ${prompt.currency}`)),
      prompt.description && el("p", { class: "description" }, prompt.description),
      this.dots(),
      this.pad(prompt),
      this.hint && el("p", { class: "hint" }, t("pinHint", this.hint)),
      el("button", { type: "button", class: "decline", "data-key": "decline", onclick: () => this.act(prompt, "decline") }, t("decline")),
    );
  }

  dots() {
    const length = Math.max(this.hint.length, 4);
    const dots = Array.from({ length }, (_, index) => el("i", { class: index < this.pin.length ? "full" : "" }));
    return el("p", { class: "dots", role: "img", "aria-label": `${t("pin")}: ${t("digits", this.pin.length)}` }, ...dots);
  }

  pad(prompt) {
    const keys = ROWS.flat().map((name) => {
      const isDigit = /\d/.test(name);
      const label = isDigit ? name : name === "erase" ? "⌫" : t("approve");
      const attributes = { type: "button", class: isDigit ? "" : name, "data-key": name };
      if (name === "erase") attributes["aria-label"] = t("erase");
      if (name === "approve") attributes.disabled = this.pin.length < 4;
      return el("button", { ...attributes, onclick: () => this.press(name, prompt) }, label);
    });
    return el("div", { class: "pad" }, ...keys);
  }

  // Doing

  key(event) {
    const [prompt] = this.current()?.prompts ?? [];
    if (!prompt || event.target.matches("select")) return;
    if (/^\d$/.test(event.key)) this.press(event.key, prompt);
    else if (event.key === "Backspace") this.press("erase", prompt);
    else if (event.key === "Enter" && !event.target.matches("button") && this.pin.length >= 4) this.press("approve", prompt);
  }

  press(name, prompt) {
    if (name === "approve") return this.act(prompt, "approve");
    this.pin = name === "erase" ? this.pin.slice(0, -1) : (this.pin + name).slice(0, 6);
    this.notice = null;
    this.draw();
  }

  /** The outcome stays long enough to be read; then the next phone that rings may have the screen. */
  restLater() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.notice = null;
      this.refresh();
    }, OUTCOME_SHOWN);
  }

  async act(prompt, kind) {
    const body = { reference: prompt.reference, ...(kind === "approve" && { pin: this.pin }) };
    this.pin = "";
    try {
      const entry = await post(`/api/phones/${prompt.msisdn}/${kind}`, body);
      this.notice = outcome(kind, entry.state);
      this.byHand = false;
      this.restLater();
    } catch (error) {
      this.notice = refusal(error);
    }
    await this.refresh();
  }
}

function outcome(kind, state = "") {
  if (kind === "decline") return { kind: "plain", text: t("declined") };
  const failed = String(state).toLowerCase() === "failed";
  return failed ? { kind: "bad", text: t("ended") } : { kind: "good", text: t("paid") };
}

function refusal({ status, body }) {
  if (status === 403) return { kind: "bad", text: t("wrongPin", body.tries_left) };
  return { kind: "bad", text: t(status === 404 ? "promptGone" : "failed") };
}

function nothing(sign, title, hint) {
  return el("div", { class: "nothing" }, el("p", { class: "sign", "aria-hidden": "true" }, sign), el("h2", {}, t(title)), el("p", {}, t(hint)));
}

function inbox(phone) {
  const shown = [...phone.messages].reverse().slice(0, 20);
  const items = shown.map(({ sender, text, at }) =>
    el("li", {}, el("p", { class: "sender" }, el("b", {}, sender), el("time", {}, clock(Date.parse(at) / 1000))), el("p", {}, text)),
  );
  const empty = el("p", { class: "none" }, t("noMessages"));
  return el("div", { class: "inbox" }, el("h3", {}, t("messages")), items.length ? el("ul", {}, ...items) : empty);
}

function brand(operator) {
  const name = operator.toUpperCase();
  return ["MTN", "ORANGE", "AIRTEL", "MOOV", "WAVE"].find((known) => name.includes(known))?.toLowerCase() ?? "plain";
}
