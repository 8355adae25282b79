// SPDX-License-Identifier: Apache-2.0
// verdict.js: what stands on the stage: ready, a verdict, or why there can be
// none. Everything that came from passes is put in as text.
import { shape } from "./shapes.js";
import { LANGS, age, lang, pick, word, wordIn } from "./words.js";

const KINDS = {
  "accept": "accept", "reject-code": "reject", "reject-pass": "reject",
  "reject-use": "reject", "undecided": "undecided", "retry": "retry",
  "device": "device" };
const UNDONE = new Set(["reversed", "reversal-pending", "already-reversed"]);

const by = (id) => document.getElementById(id);

export function kindOf(told) {
  if (told.via === "reverse" || told.class === "reversal")
    return UNDONE.has(told.verdict) ? "undone" : "notUndone";
  return KINDS[told.class] || "reject";
}

function put(id, text) {
  by(id).textContent = text || "";
  by(id).hidden = !text;
}

function setShape(kind) {
  by("stage").dataset.kind = kind;
  by("shape").replaceChildren(shape(kind === "notUndone" ? "reject" : kind));
}

function row(name, value) {
  if (!value)
    return [];
  const dt = document.createElement("dt"), dd = document.createElement("dd");

  dt.textContent = name;
  dd.textContent = value;
  return [dt, dd];
}

function passText(told, texts) {
  const pass = told.pass || {};

  return [pass.issuer, texts.class, pass.hint].filter(Boolean).join(" · ");
}

function placeText(told, texts) {
  const use = told.first_use;

  if (!use)
    return "";
  if (!texts.first_use_at)
    return use.city;
  return use.city ? `${texts.first_use_at} (${use.city})` : texts.first_use_at;
}

function rows(told, texts) {
  return [
    row(word("usedAt"), placeText(told, texts)),
    row(word("usedOn"), told.first_use && told.first_use.local),
    row(word("uses"), told.limit > 1 && `${told.uses} / ${told.limit}`),
    row(word("pass"), passText(told, texts)),
    row(word("benefit"), texts.benefit),
    row(word("listPrice"), told.class !== "accept" &&
      (told.amounts || {}).list),
    row(word("persons"), told.party > 1 && String(told.party)),
  ].flat();
}

// Ages of what the verdict was worked out from; of what the kiosk holds, where
// the verdict does not say.
function inputs(told, status) {
  const bundle = (status && status.bundle) || {};
  const ages = [
    ["keys", told.key_age_ms],
    ["lists", told.status_age_ms ?? bundle.status_age_ms],
    ["data", told.bundle_age_ms ?? bundle.age_ms]];

  const why = told.detail ? [`${word("why")}: ${told.detail}`] : [];

  // Nothing was decided.
  if (told.class === "retry" || told.class === "device")
    return why.join("");
  return [[word(told.by_service ? "byService" : "byKiosk"),
    ...ages.filter(([, ms]) => ms >= 0).map(([name, ms]) =>
      word(name, age(ms)))].join(" · "), ...why].join("\n");
}

// A price to pay is that of a visitor who was let in, and of nobody else.
function showPrice(told) {
  const amounts = told.amounts || {};

  if (told.class !== "accept" || amounts.price === undefined)
    return;
  by("price").hidden = false;
  put("before-label", word("listPrice"));
  put("before", amounts.list);
  put("after-label", word("toPay"));
  put("after", amounts.price);
  put("less", told.discount > 0 && word("less", amounts.discount));
}

function clear() {
  by("price").hidden = true;
  by("rows").replaceChildren();
  by("others").replaceChildren();
  for (const id of ["kind", "next", "inputs"])
    put(id, "");
}

function announce(text) {
  if (by("live").textContent !== text)
    by("live").textContent = text;
}

export function showTold(told, status) {
  const texts = told.texts[lang()], kind = kindOf(told);
  const label = word(kind);

  clear();
  setShape(kind);
  put("kind", label);
  put("headline", texts.text);
  showPrice(told);
  by("rows").replaceChildren(...rows(told, texts));
  put("next", texts.next && `${word("staff")}: ${texts.next}`);
  put("inputs", inputs(told, status));
  announce([label, texts.text, !by("price").hidden &&
    `${word("toPay")}: ${told.amounts.price}`].filter(Boolean).join(" "));
}

// The same sentence for those who read another language.
function inOthers(name) {
  by("others").replaceChildren(...LANGS.filter(([tag]) => tag !== lang())
    .map(([tag]) => {
      const p = document.createElement("p");

      p.lang = tag;
      p.textContent = wordIn(tag, name);
      return p;
    }));
}

function readyWord(status) {
  if (status.link.state === "down")
    return "readyOffline";
  return status.bundle.stale.length > 0 ? "readyOld" : "ready";
}

// Why nobody can be judged: [shape, words]; null: there is no such reason.
function hindrance(status) {
  if (status && (status.wiped || ["revoked", "rolled"].includes(status.device)))
    return ["device", "revoked"];
  if (!status || !status.bundle || status.device === "pending")
    return ["setup", "setUp"];
  return null;
}

// Never green: nobody has been judged, and old data are called so.
export function showReady(status) {
  const hindered = hindrance(status);

  clear();
  if (hindered !== null) {
    setShape(hindered[0]);
    put("headline", word(hindered[1]));
    put("next", word(`${hindered[1]}Next`));
    return;
  }
  setShape("ready");
  put("kind", word(readyWord(status)));
  put("headline", word("show"));
  inOthers("show");
  announce("");
}

export function showJudging() {
  clear();
  setShape("judging");
  put("headline", word("judging"));
}

// name: "gone", "locked"
export function showTrouble(name) {
  clear();
  setShape(name);
  put("headline", word(name));
  put("next", word(`${name}Next`));
  announce(word(name));
}

export function facilityName(status) {
  return pick(status && status.facility_names, "One-Asia Pass");
}
