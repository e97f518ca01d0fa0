// Expressions as data: nested arrays such as ["+", [["v", "x", []], ["n", 1, 1]]], and what all that works on them needs.
// The scripts of this folder, loaded in the order terms, reading, normal, labelling, index, do what the package's
// gradatlas.formulas.shapes does, step by step; a test holds the two equal. Nothing here evaluates text.
(() => {
  "use strict";

  const ONE = ["n", 1, 1], MINUS_ONE = ["n", -1, 1], ZERO = ["n", 0, 1];

  class ReadingError extends Error {
    constructor(code, values = {}) {
      super(code);
      this.code = code;
      this.values = values;
    }
  }

  // A message of the page, with values for the {names} in it.
  const filled = (text, values) => Object.entries(values).reduce((t, [name, value]) => t.replace(`{${name}}`, () => value), text);

  const key = (t) => JSON.stringify(t);
  const same = (a, b) => key(a) === key(b);
  const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // CRC-32 of ASCII text.
  const CRC = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const checksum = (text) => {
    let c = 0xffffffff;
    for (let k = 0; k < text.length; k++) c = CRC[(c ^ text.charCodeAt(k)) & 255] ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };

  const parts = (t) => {
    switch (t[0]) {
      case "n": return [];
      case "+": case "*": return t[1];
      case "v": return t[2];
      case "f": return [...t[2], ...t[3]];
      case "S": case "I": case "L": case "b": return [t[2]];
      case "r": return [t[2], t[3]];
      default: return [t[1], t[2]];
    }
  };

  const walk = (t) => {
    const found = [], stack = [t];
    while (stack.length) {
      const node = stack.pop();
      found.push(node);
      stack.push(...parts(node));
    }
    return found;
  };
  const size = (t) => walk(t).length;
  const used = (t) => new Set(walk(t).filter((n) => n[0] === "v").map((n) => n[1]));
  const isBinder = (kind) => kind === "S" || kind === "I" || kind === "L";

  const mapped = (node, go) => {
    switch (node[0]) {
      case "n": return node;
      case "+": case "*": return [node[0], node[1].map(go)];
      case "v": return ["v", node[1], node[2].map(go)];
      case "f": return ["f", node[1], node[2].map(go), node[3].map(go)];
      case "S": case "I": case "L": case "b": return [node[0], node[1], go(node[2])];
      case "r": return ["r", node[1], go(node[2]), go(node[3])];
      default: return [node[0], go(node[1]), go(node[2])];
    }
  };

  globalThis.gradatlasShapes = {
    ONE, MINUS_ONE, ZERO, ReadingError, filled, key, same, before, checksum, parts, walk, size, used, isBinder, mapped,
  };
})();
