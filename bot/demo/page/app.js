// Puts the three panes together and keeps them fed.

import { ChatPane } from "./chat.js";
import { find, findAll } from "./dom.js";
import { Drawer } from "./drawer.js";
import { get, patch, post } from "./http.js";
import { PhonePane } from "./phone.js";
import { currentLanguage, setLanguage, t } from "./words.js";

const narrow = matchMedia("(max-width: 760px)");
const panes = {};
let world = null;
let shown = "merchant";

async function begin() {
  world = await get("/api/state");
  setLanguage(remembered() ?? world.people[0]?.language_code);
  panes.merchant = new ChatPane(find("#merchant"), false, news("merchant"), addPerson);
  panes.group = new ChatPane(find("#group"), true, news("group"), addPerson);
  panes.phone = new PhonePane(find("#phone"), news("phone"));
  await share();
  if (world.phones) panes.phone.watch();
  listen();
  follow();
}

async function share() {
  await Promise.all([panes.merchant.update(world), panes.group.update(world)]);
}

function remembered() {
  try {
    return localStorage.getItem("guichet-language");
  } catch {
    return null;
  }
}

// Live updates

function follow() {
  const source = new EventSource("/api/events");
  source.onmessage = ({ data }) => hear(JSON.parse(data));
  source.onerror = () => {
    find("#offline").hidden = false;
  };
  // At the first opening too: what happened since the state was fetched was told to nobody.
  source.onopen = async () => {
    find("#offline").hidden = true;
    await refresh();
    await Promise.all([panes.merchant.reload(), panes.group.reload()]);
  };
}

async function hear(event) {
  if (event.kind === "people" || event.kind === "menu") return refresh();
  panes.merchant.on(event);
  panes.group.on(event);
}

async function refresh() {
  world = await get("/api/state");
  await share();
}

// Language: the page's own, and the one that Telegram tells the bot

async function chooseLanguage(code) {
  setLanguage(code);
  try {
    localStorage.setItem("guichet-language", code);
  } catch {
    // Private windows may have no storage; the choice then lasts as long as the page.
  }
  await Promise.all(world.people.map(({ id }) => patch(`/api/people/${id}`, { language_code: code })));
}

function redraw() {
  for (const button of findAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === currentLanguage()));
  }
  if (!panes.phone) return;
  panes.merchant.update(world);
  panes.group.update(world);
  panes.merchant.draw();
  panes.group.draw();
  panes.phone.draw();
}

// Tabs on a narrow screen: the panes lie side by side and are swiped

function show(name) {
  find(`#${name}`).scrollIntoView({ behavior: "smooth", inline: "start", block: "nearest" });
  seen(name);
}

function seen(name) {
  shown = name;
  for (const tab of findAll("#tabs button")) {
    const isShown = tab.dataset.pane === name;
    tab.setAttribute("aria-current", String(isShown));
    if (isShown) mark(tab, false);
  }
}

function news(name) {
  return () => {
    if (narrow.matches && shown !== name) mark(find(`[data-pane=${name}]`), true);
  };
}

function mark(tab, unread) {
  tab.classList.toggle("unread", unread);
  if (unread) tab.setAttribute("aria-description", t("unread"));
  else tab.removeAttribute("aria-description");
}

function watchSwipes() {
  const seenNow = (entries) => {
    const entry = entries.find(({ isIntersecting }) => isIntersecting);
    if (entry && narrow.matches) seen(entry.target.id);
  };
  const observer = new IntersectionObserver(seenNow, { root: find("#panes"), threshold: 0.6 });
  for (const pane of findAll(".pane")) observer.observe(pane);
}

// People

function addPerson(then) {
  const dialog = find("#person");
  const form = find("form", dialog);
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  const closed = async () => {
    if (dialog.returnValue !== "add") return;
    const body = { first_name: new FormData(form).get("first_name"), language_code: currentLanguage() };
    const person = await post("/api/people", body);
    await refresh();
    then(person.id);
  };
  dialog.addEventListener("close", closed, { once: true });
}

function listen() {
  const scene = () => ({ person: world.people.find(({ id }) => id === panes.merchant.user), group: world.groups[0] });
  const drawer = new Drawer(find("#drawer"), scene);
  find("#what-if").addEventListener("click", () => drawer.open());
  for (const button of findAll("[data-language]")) {
    button.addEventListener("click", () => chooseLanguage(button.dataset.language));
  }
  for (const tab of findAll("#tabs button")) tab.addEventListener("click", () => show(tab.dataset.pane));
  for (const button of findAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close(""));
  }
  watchSwipes();
  seen("merchant");
}

document.addEventListener("language", redraw);
begin();
