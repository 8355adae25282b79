// SPDX-License-Identifier: Apache-2.0
// api.js: calls to the agent. The key came in the link's fragment, which no
// server sees and no other page can read; it is kept for this address and port
// alone. (A cookie would go to every port of this machine.)

const KEY = "oap-page-key";
const SILENCE_MS = 25000; // the agent gives a sign of life every 10 s
const AGAIN_MS = 1000;

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || String(status));
    this.status = status;
    this.slug = String(body.type || "").replace("urn:oap:agent:", "");
  }
}

export function takeKey() {
  if (location.hash.length > 1) {
    localStorage.setItem(KEY, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  return localStorage.getItem(KEY);
}

function headers(more) {
  return { Authorization: `Bearer ${localStorage.getItem(KEY)}`, ...more };
}

export async function call(method, path, value) {
  const reply = await fetch(path, {
    method,
    headers: headers(value && { "Content-Type": "application/json" }),
    body: value && JSON.stringify(value),
    cache: "no-store",
  });
  const body = await reply.json().catch(() => ({}));

  if (!reply.ok)
    throw new Problem(reply.status, body);
  return body;
}

function tell(block, ears) {
  const name = /^event: (.*)$/m.exec(block), data = /^data: (.*)$/m.exec(block);

  if (name && data)
    ears.event(name[1], JSON.parse(data[1]));
}

// Until the stream ends, or nothing is heard for too long.
async function read(ears) {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), SILENCE_MS), text = "";

  try {
    const reply = await fetch("/events", {
      headers: headers(), signal: stop.signal, cache: "no-store" });

    if (!reply.ok)
      throw new Problem(reply.status, await reply.json().catch(() => ({})));
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();

    for (;;) {
      const { done, value } = await reader.read();

      if (done)
        return;
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENCE_MS);
      const blocks = (text + value).split("\n\n");

      text = blocks.pop();
      blocks.forEach((block) => tell(block, ears));
    }
  } finally {
    clearTimeout(timer);
  }
}

// ears: event(name, value), lost(problem or null). For ever.
export async function stream(ears) {
  for (;;) {
    try {
      await read(ears);
      ears.lost(null);
    } catch (error) {
      ears.lost(error instanceof Problem ? error : null);
    }
    await new Promise((go) => setTimeout(go, AGAIN_MS));
  }
}
