// SPDX-License-Identifier: Apache-2.0
// bar.js: connection, age of the data, what waits to be sent and the scanner,
// always in sight. A sign before each, so that none depends on its colour.
import { age, word } from "./words.js";

const SIGNS = { good: "●", bad: "▲", idle: "○" };

let status = null, at = 0;

function item(name, state, text) {
  const li = document.createElement("li");
  const sign = document.createElement("span");

  li.dataset.state = state;
  li.id = `bar-${name}`;
  sign.textContent = SIGNS[state];
  sign.setAttribute("aria-hidden", "true");
  li.append(sign, ` ${text}`);
  return li;
}

function linkItem(since) {
  const { state, for_ms: forMs } = status.link;

  if (state === "up")
    return item("link", "good", word("linkUp"));
  return state === "down"
    ? item("link", "bad", word("linkDown", age(forMs + since)))
    : item("link", "idle", word("linkUnknown"));
}

function dataItems(since) {
  const bundle = status.bundle;

  if (!bundle)
    return [item("data", "bad", word("noData"))];
  const state = (name) => bundle.stale.includes(name) ? "bad" : "good";
  const data = item("data", state("bundle"),
    word("dataAge", age(bundle.age_ms + since)));

  return bundle.status_age_ms === undefined ? [data] : [data,
    item("lists", state("status"),
      word("listAge", age(bundle.status_age_ms + since)))];
}

function scannerItems() {
  const { state, detail } = status.scanner;

  return state === "none" ? [] : [
    state === "ready" ? item("scanner", "good", word("scannerReady"))
      : state === "ended" ? item("scanner", "idle", word("scannerEnded"))
        : item("scanner", "bad", word("scannerDown", detail || ""))];
}

export function show() {
  if (status === null)
    return;
  const since = Date.now() - at;

  document.getElementById("bar").replaceChildren(linkItem(since),
    ...dataItems(since),
    item("queue", status.unsent > 0 ? "idle" : "good", status.unsent > 0
      ? word("toSend", status.unsent) : word("allSent")),
    ...scannerItems());
}

export function setStatus(value) {
  status = value;
  at = Date.now();
  show();
}

// The agent is away: nothing that stood there is known any more.
export function setGone() {
  status = null;
  document.getElementById("bar").replaceChildren(
    item("link", "bad", word("gone")));
}
