// SPDX-License-Identifier: Apache-2.0
// main.js: what happens on the page, and what then stands on it.
import * as api from "./api.js";
import * as bar from "./bar.js";
import * as desk from "./desk.js";
import * as keys from "./keys.js";
import * as verdict from "./verdict.js";
import { LANGS, lang, setLang, word } from "./words.js";

const STAY_MS = 60000; // a verdict stands, and may be undone, for so long
const LANG = "oap-lang";
const by = (id) => document.getElementById(id);

// scene: "wait", "ready", "judging", "told", "gone", "locked"
const page = { scene: "wait", told: null, toldAt: 0, status: null,
  before: "wait", heard: false, recent: [], notice: null, refusals: "" };

// ------------------------------------------------------------ the scene

function draw() {
  if (page.scene === "told")
    verdict.showTold(page.told, page.status);
  else if (page.scene === "judging")
    verdict.showJudging();
  else if (page.scene === "ready")
    verdict.showReady(page.status);
  else if (page.scene !== "wait")
    verdict.showTrouble(page.scene);
  by("stage").setAttribute("aria-busy", String(page.scene === "judging"));
  by("desk").inert = page.scene === "gone" || page.scene === "locked" ||
    page.scene === "wait";
  if (page.status !== null)
    by("facility").textContent = verdict.facilityName(page.status);
  drawActions();
}

function setScene(scene) {
  page.scene = scene;
  draw();
}

function secondsLeft(at) {
  return Math.ceil((at + STAY_MS - Date.now()) / 1000);
}

function drawActions() {
  const told = page.scene === "told", left = secondsLeft(page.toldAt);

  by("actions").hidden = !told;
  by("undo").hidden = !told || !page.told.reversible || left <= 0;
  by("undo").textContent = word("undo", left);
  by("done").textContent = word("next");
}

// ----------------------------------------------- those just let in before

function recentItem(visit) {
  const li = document.createElement("li");
  const button = document.createElement("button");
  const { pass, amounts, party } = visit.told;

  li.append([(pass || {}).hint, party > 1 && `× ${party}`,
    (amounts || {}).price].filter(Boolean).join(" · ") ||
    (pass || {}).issuer || visit.told.local);
  button.type = "button";
  button.className = "plain";
  button.textContent = word("undo", secondsLeft(visit.at));
  button.addEventListener("click", () => undo(visit.told.id));
  li.append(button);
  return li;
}

function drawRecent() {
  page.recent = page.recent.filter((v) => secondsLeft(v.at) > 0);
  const others = page.recent.filter((v) => page.scene !== "told" ||
    v.told.id !== page.told.id).slice(0, 3);
  const ids = others.map((v) => v.told.id).join();

  by("recent-box").hidden = others.length === 0;
  // No button is taken away under a finger.
  if (by("recent").dataset.ids === ids)
    return;
  by("recent").dataset.ids = ids;
  by("recent").replaceChildren(...others.map(recentItem));
}

// ------------------------------------------------------------- notices

function notice(name, ...values) {
  page.notice = [name, values];
  drawNotice();
}

function drawNotice() {
  by("notice").hidden = page.notice === null;
  by("notice-text").textContent = page.notice === null
    ? "" : word(page.notice[0], ...page.notice[1]);
  by("notice-close").textContent = word("close");
}

function closeNotice() {
  const refusals = page.notice !== null &&
    page.notice[0].startsWith("refusal");

  page.notice = null;
  drawNotice();
  if (refusals)
    api.call("POST", "/refusals/told", {}).catch(() => {});
}

// What an operator has to do stands until somebody closes it.
function showRefusals(refusals) {
  const key = JSON.stringify(refusals);

  if (refusals.length === 0 || key === page.refusals)
    return;
  page.refusals = key;
  const counting = refusals.filter((r) => r.counts);
  const told = counting.length > 0 ? counting : refusals;

  notice(counting.length > 0 ? "refusal" : "refusalEmpty",
    told.map((r) => r.attempt).join(", "));
}

// -------------------------------------------------------------- events

function show(told, at) {
  page.told = told;
  page.toldAt = at;
  page.recent = page.recent.filter((v) => v.told.id !== told.id);
  if (told.reversible)
    page.recent.unshift({ told, at });
  if (page.notice !== null && !page.notice[0].startsWith("refusal"))
    page.notice = null;
  drawNotice();
  setScene("told");
  drawRecent();
}

const NOTICES = { "no-benefit": "chooseBenefit", "too-fast": "tooFast",
  "failed": "failed" };

// Whether it stood there before the agent was lost.
function isShown(told) {
  return page.told !== null && page.told.at_ms === told.at_ms &&
    page.told.id === told.id;
}

const EVENTS = {
  hello(value) {
    desk.setDesk(value.desk);
    if (value.last_told_ms < STAY_MS && !isShown(value.last_told))
      show(value.last_told, Date.now() - value.last_told_ms);
    else
      setScene(page.before === "told" ? "told" : "wait");
  },
  status(value) {
    page.status = value;
    desk.setBenefits(value.benefits);
    desk.setDesk(value.desk);
    bar.setStatus(value);
    showRefusals(value.refusals);
    if (page.scene === "wait" || page.scene === "ready" ||
        page.scene === "gone")
      setScene("ready");
    else
      by("facility").textContent = verdict.facilityName(value);
  },
  desk(value) {
    desk.setDesk(value);
  },
  judging() {
    setScene("judging");
  },
  told(value) {
    show(value, Date.now());
  },
  notice(value) {
    if (page.scene === "judging")
      setScene("ready");
    if (NOTICES[value.kind])
      notice(NOTICES[value.kind], value.detail || "");
  },
};

function onEvent(name, value) {
  page.heard = true;
  if (page.scene === "locked")
    page.scene = "wait";
  if (EVENTS[name])
    EVENTS[name](value);
}

function onLost(problem) {
  if (page.scene !== "gone" && page.scene !== "locked")
    page.before = page.scene;
  page.heard = false;
  page.status = null;
  bar.setGone();
  setScene(problem && problem.status === 401 ? "locked" : "gone");
}

// ------------------------------------------------------------- actions

async function attempt(path, value) {
  const before = page.scene;

  try {
    const told = await api.call("POST", path, value);

    if (!page.heard)
      show(told, Date.now());
  } catch (error) {
    if (!(error instanceof api.Problem))
      return onLost(null);
    if (error.status === 401)
      return onLost(error);
    if (page.scene === "judging")
      setScene(before === "judging" ? "ready" : before);
    if (error.slug !== "no-benefit")
      notice("failed", error.message);
  }
}

async function scan(line) {
  if (page.scene === "gone" || page.scene === "locked")
    return;
  if (await desk.settle())
    await attempt("/scan", { code: line });
}

function undo(id) {
  attempt("/reverse", { id, reason: "mistake" });
}

function chooseLang(tag) {
  localStorage.setItem(LANG, tag);
  relabel(tag);
}

function relabel(tag) {
  setLang(tag);
  by("langs").setAttribute("aria-label", word("language"));
  for (const button of by("langs").children)
    button.setAttribute("aria-pressed", String(button.lang === lang()));
  desk.label();
  bar.show();
  drawNotice();
  draw();
  delete by("recent").dataset.ids;
  drawRecent();
}

function langButton([tag, name]) {
  const button = document.createElement("button");

  button.type = "button";
  button.lang = tag;
  button.textContent = name;
  button.addEventListener("click", () => chooseLang(tag));
  return button;
}

// Every second: what counts down, and what is over.
function tick() {
  bar.show();
  drawActions();
  drawRecent();
  for (const button of by("recent").querySelectorAll("button")) {
    const visit = page.recent.filter((v) => page.scene !== "told" ||
      v.told.id !== page.told.id)[
      [...by("recent").children].indexOf(button.parentElement)];

    if (visit)
      button.textContent = word("undo", secondsLeft(visit.at));
  }
  if (page.scene === "told" && secondsLeft(page.toldAt) <= 0)
    setScene("ready");
}

function start() {
  const wanted = localStorage.getItem(LANG) || navigator.language.slice(0, 2);

  by("langs").append(...LANGS.map(langButton));
  by("undo").addEventListener("click", () => undo(page.told.id));
  by("done").addEventListener("click", () => setScene("ready"));
  by("notice-close").addEventListener("click", closeNotice);
  window.addEventListener("hashchange", () => location.reload());
  desk.start();
  relabel(wanted);
  keys.listen(scan, (name) => notice(name));
  api.takeKey();
  api.stream({ event: onEvent, lost: onLost });
  setInterval(tick, 1000);
}

start();
