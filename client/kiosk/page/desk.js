// SPDX-License-Identifier: Apache-2.0
// desk.js: what the next scan is judged for. The agent holds it, since its own
// scanner needs it, too; the page shows and changes it.
import { call } from "./api.js";
import { pick, word } from "./words.js";

const TYPING_MS = 600; // after the last digit the amount is sent
const by = (id) => document.getElementById(id);

let desk = { party: 1, per_person: true }, benefits = [];
let timer = 0, sending = Promise.resolve(), typed = false;

function partyMax() {
  const chosen = benefits.find((b) => b.id === desk.benefit);

  return chosen ? chosen.party_max : 999;
}

// "3,000 KRW" without what stands beside the field.
function plain(text) {
  return (text || "").replace(/[^0-9.]/g, "");
}

function benefitChoice(b) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const name = document.createElement("span");

  input.type = "radio";
  input.name = "benefit";
  input.value = b.id;
  input.checked = b.id === desk.benefit;
  input.addEventListener("change", () => change({ benefit: b.id }));
  name.textContent = pick(b.names, b.id);
  label.append(input, name);
  return label;
}

function showBenefits() {
  const none = document.createElement("p");
  const key = JSON.stringify([benefits, document.documentElement.lang]);

  none.className = "help";
  none.textContent = word("noBenefits");
  if (by("benefits").dataset.key !== key) {
    by("benefits").replaceChildren(...(benefits.length > 0
      ? benefits.map(benefitChoice) : [none]));
    by("benefits").dataset.key = key;
  }
  for (const input of by("benefits").querySelectorAll("input"))
    input.checked = input.value === desk.benefit;
}

function showAmount() {
  if (!typed)
    by("amount").value = plain(desk.amount_text);
  by("currency").textContent = desk.currency || "";
  by("per-person").checked = desk.per_person;
  by("per-party").checked = !desk.per_person;
  by("amount-help").textContent = desk.list_text
    ? word("amountTotal", desk.list_text) : word("amountNone");
}

export function show() {
  showBenefits();
  showAmount();
  by("party").textContent = String(desk.party);
  by("fewer").disabled = desk.party <= 1;
  by("more").disabled = desk.party >= partyMax();
}

export function setDesk(value) {
  desk = value;
  show();
}

export function setBenefits(value) {
  benefits = value;
  show();
}

function amountIsWrong(wrong) {
  by("amount-wrong").hidden = !wrong;
  by("amount-wrong").textContent = wrong ? word("amountWrong") : "";
  by("amount").setAttribute("aria-invalid", String(wrong));
}

async function send(value) {
  try {
    setDesk(await call("PATCH", "/desk", value));
    if ("amount" in value)
      amountIsWrong(false);
  } catch (error) {
    if ("amount" in value && error.status === 400)
      amountIsWrong(true);
    show();
  }
}

// One after the other, so that the last one holds.
function change(value) {
  sending = sending.then(() => send(value));
  return sending;
}

function sendAmount() {
  clearTimeout(timer);
  if (!typed)
    return sending;
  typed = false;
  const text = by("amount").value.trim().replace(/,/g, "");

  return change({ amount: text === "" ? null : text });
}

// What was typed last holds for the scan that comes now; false: it cannot.
export async function settle() {
  await sendAmount();
  return by("amount-wrong").hidden;
}

export function start() {
  by("fewer").addEventListener("click", () =>
    change({ party: Math.max(1, desk.party - 1) }));
  by("more").addEventListener("click", () =>
    change({ party: Math.min(partyMax(), desk.party + 1) }));
  by("amount").addEventListener("input", () => {
    typed = true;
    clearTimeout(timer);
    timer = setTimeout(sendAmount, TYPING_MS);
  });
  by("amount").addEventListener("change", sendAmount);
  by("per-person").addEventListener("change", () =>
    change({ per_person: true }));
  by("per-party").addEventListener("change", () =>
    change({ per_person: false }));
}

export function label() {
  const texts = {
    "benefit-label": "benefit", "party-label": "party",
    "amount-label": "amount", "per-person-label": "perPerson",
    "per-party-label": "perParty", "recent-label": "recent" };

  for (const [id, name] of Object.entries(texts))
    by(id).textContent = word(name);
  by("fewer").setAttribute("aria-label", word("fewer"));
  by("more").setAttribute("aria-label", word("more"));
  if (!by("amount-wrong").hidden)
    amountIsWrong(true);
  show();
}
