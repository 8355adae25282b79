// SPDX-License-Identifier: Apache-2.0
// keys.js: a scanner that types. Its line is taken wherever the focus is, with
// every space in it; what the keyboard does else stays as it is, but for
// function keys and keys with Control, which scanners send for control
// characters.

const LINE_MAX = 4095;
const PAUSE_MS = 3000; // a line that stops halfway is none

const ZOOM = new Set(["+", "-", "=", "0"]);

function isField(target) {
  return target instanceof HTMLInputElement && target.type === "text";
}

function isPressed(target) {
  return target instanceof HTMLButtonElement ||
    target instanceof HTMLInputElement;
}

// line(text) for each; hint(name) for a keyboard that cannot type codes.
export function listen(line, hint) {
  let text = "", timer = 0;
  const swallowed = new Set();

  function clear() {
    text = "";
    clearTimeout(timer);
  }

  function swallow(event) {
    event.preventDefault();
    event.stopPropagation();
    swallowed.add(event.code);
  }

  // A field has its digits, a button its space; a line, once begun, has all.
  function belongsElsewhere(event) {
    if (text !== "")
      return false;
    if (isField(event.target))
      return /[0-9.,]/.test(event.key);
    return event.key === " " && isPressed(event.target);
  }

  function take(event) {
    if (belongsElsewhere(event))
      return;
    swallow(event);
    if (text === "" && event.key === " ")
      return;
    if (text.length < LINE_MAX)
      text += event.key;
    clearTimeout(timer);
    timer = setTimeout(clear, PAUSE_MS);
  }

  function end(event) {
    const whole = text;

    if (whole === "")
      return;
    swallow(event);
    clear();
    if (/^oap1/i.test(whole) && !whole.startsWith("OAP1:"))
      hint("layout");
    else
      line(whole);
  }

  function isCommand(event) {
    return (event.ctrlKey || event.altKey || event.metaKey) &&
      !event.getModifierState("AltGraph");
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key === "Process")
      hint("ime");
    else if (/^F\d+$/.test(event.key))
      swallow(event);
    else if (isCommand(event)) {
      if (event.key.length === 1 && !ZOOM.has(event.key))
        swallow(event);
    } else if (event.key === "Enter" || event.key === "Tab")
      end(event);
    else if (event.key === "Escape")
      clear();
    else if (event.key.length === 1)
      take(event);
    else if (text !== "" && event.key !== "Shift")
      swallow(event);
  }, true);

  // In some browsers a button is pressed when its key comes up.
  document.addEventListener("keyup", (event) => {
    if (swallowed.delete(event.code))
      event.preventDefault();
  }, true);

  document.addEventListener("paste", (event) => {
    const whole = event.clipboardData.getData("text").split(/[\r\n]/)[0];

    if (isField(event.target) && !whole.startsWith("OAP1:"))
      return;
    event.preventDefault();
    if (whole !== "")
      line(whole.slice(0, LINE_MAX));
  });
}
