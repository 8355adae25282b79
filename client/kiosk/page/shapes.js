// SPDX-License-Identifier: Apache-2.0
// shapes.js: a shape for each kind of verdict, so that none depends on its
// colour: a check in a circle, a cross in an octagon, a question in a diamond.

const SVG = "http://www.w3.org/2000/svg";
const CIRCLE = "M60 6a54 54 0 1 0 .01 0z";
const OCTAGON = "M38 6h44l32 32v44l-32 32h-44l-32 -32v-44z";
const DIAMOND = "M60 2l58 58l-58 58l-58 -58z";
const TRIANGLE = "M60 8l56 102h-112z";
const SQUARE = "M20 10h80a10 10 0 0 1 10 10v80a10 10 0 0 1 -10 10h-80" +
  "a10 10 0 0 1 -10 -10v-80a10 10 0 0 1 10 -10z";
const QUESTION = "M44 48a16 16 0 1 1 24 14q-8 5 -8 14M60 90v.01";
const BANG = "M60 46v30M60 92v.01";

// [outline, sign]
const SHAPES = {
  accept: [CIRCLE, "M34 62l18 18l36 -40"],
  reject: [OCTAGON, "M40 40l40 40M80 40l-40 40"],
  undecided: [DIAMOND, QUESTION],
  retry: [CIRCLE, "M84 44a28 28 0 1 0 4 22M88 30v18h-18"],
  device: [TRIANGLE, BANG],
  undone: [SQUARE, "M44 36l-16 16l16 16M30 52h38a18 18 0 0 1 0 36h-18"],
  gone: [TRIANGLE, BANG],
  locked: [SQUARE, "M36 56h48v32h-48zM46 56v-10a14 14 0 0 1 28 0v10"],
  wait: [CIRCLE, "M60 30v32l20 12"],
  setup: [CIRCLE, "M60 30v32l20 12"],
  judging: [CIRCLE, "M60 30v32l20 12"],
};

// A code between the corners of a viewfinder.
const FRAME = "M8 34v-16a10 10 0 0 1 10 -10h16M86 8h16a10 10 0 0 1 10 10v16" +
  "M112 86v16a10 10 0 0 1 -10 10h-16M34 112h-16a10 10 0 0 1 -10 -10v-16";
const CODE = "M30 30h22v22h-22zM68 30h22v22h-22zM30 68h22v22h-22z" +
  "M41 41v.01M79 41v.01M41 79v.01M68 68h11v11M90 68v.01M90 80v10M68 90h10";

function path(d, kind) {
  const p = document.createElementNS(SVG, "path");

  p.setAttribute("d", d);
  p.setAttribute("class", kind);
  return p;
}

export function shape(kind) {
  const svg = document.createElementNS(SVG, "svg");
  const [outline, sign] = SHAPES[kind] || [];

  svg.setAttribute("viewBox", "0 0 120 120");
  if (outline)
    svg.append(path(outline, "outline"), path(sign, "sign"));
  else
    svg.append(path(FRAME, "frame"), path(CODE, "code"));
  return svg;
}
