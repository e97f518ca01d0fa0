// The search: the formulas whose shapes an expression or a part of it has: gradatlas.formulas.shapes.index.
(() => {
  "use strict";

  const {
    key, checksum, parts, walk, size, Reader, normal, shape, withoutSquares, scaleless, hasIndices, looser,
  } = globalThis.gradatlasShapes;
  const SMALLEST = 3, SUBSETS = 4, SCALE = 1, SQUARE = 5, MATRIX = 3, SHARED = 30, PART = 7;

  const choices = (list, n) => {
    if (!n) return [[]];
    return list.flatMap((first, k) => choices(list.slice(k + 1), n - 1).map((rest) => [first, ...rest]));
  };

  const pieces = (t) => {
    const seen = new Set([key(t)]), stack = [t], found = [];
    while (stack.length) {
      const node = stack.pop(), inner = node[0] === "v" ? [] : [...parts(node)];
      if (node[0] === "+" || node[0] === "*") {
        const some = node[0] === "*" ? node[1].filter((c) => c[0] !== "n") : node[1];
        if (some.length <= SUBSETS) {
          for (let n = 2; n < Math.min(some.length + 1, node[1].length); n++) for (const c of choices(some, n)) inner.push([node[0], c]);
        }
      }
      for (const part of inner) {
        const k = key(part);
        if (seen.has(k) || part[0] === "n") continue;
        seen.add(k);
        stack.push(part);
        if (size(part) >= SMALLEST) found.push(part);
      }
    }
    return found;
  };

  // To the nearest whole number, a half to the even one, as Python rounds.
  const rounded = (x) => {
    const low = Math.floor(x);
    return x - low < 0.5 || (x - low === 0.5 && low % 2 === 0) ? low : low + 1;
  };

  class Shapes {
    constructor(tables) {
      this.reader = new Reader(tables);
      this.known = this.reader.known;
      this.activations = new Set(tables.vocabulary.activations);
    }

    read(text) { return this.reader.read(text); }
    shape(t) { return shape(t, this.known); }

    shapesOf(t) {
      const found = new Map();
      for (const [cost, made] of looser(t, this.activations)) {
        for (const [extra, kept] of [[0, made], [SCALE, scaleless(made)]]) {
          const k = checksum(this.shape(kept));
          found.set(k, Math.min(found.get(k) ?? 99, cost + extra));
        }
      }
      return [...found].map(([k, cost]) => [cost, k]);
    }

    // index.look(key) gives [place, cost, claim] of each formula with a shape; index.claims[place] how many claims it has.
    rank(asked, index) {
      const best = new Map();
      const look = (t, base, shared, keys = null) => {
        for (const [cost, k] of keys || this.shapesOf(t)) {
          for (const [place, own, claim] of index.look(k)) {
            const total = base + cost + own, old = best.get(place);
            if (!old || total < old[0]) best.set(place, [total, claim, shared ? "shared" : own < PART ? "whole" : "part"]);
          }
        }
      };
      const matrix = !hasIndices(asked) && walk(asked).some((n) => n[0] === "v" && /^[A-Z]/.test(n[1]));
      look(asked, matrix ? MATRIX : 0, false);
      if (matrix) look(asked, 0, false, [[0, checksum("matrix " + this.shape(asked))]]);
      look(withoutSquares(asked), SQUARE, false);
      const total = size(asked);
      for (const piece of pieces(asked)) {
        const own = size(piece);
        if (own >= Math.max(SMALLEST + 1, 0.4 * total)) look(piece, SHARED + rounded(20 * (1 - own / total)), true);
      }
      return [...best].map(([place, [cost, claim, how]]) => ({ place, cost, claim, how }))
        .sort((a, b) => a.cost - b.cost || index.claims[a.place].length - index.claims[b.place].length || a.place - b.place);
    }

    find(text, index) { return this.rank(normal(this.read(text)), index); }
  }

  // What the build packed: keys by what each is more than the one before, and lists of cost, place and claim.
  const unpacked = (data) => {
    const keys = new Map(), places = data.places.split(",");
    let k = 0;
    data.keys.split(",").forEach((step, n) => keys.set((k += parseInt(step, 36)), parseInt(places[n], 36)));
    const read = (text) => {
      const [place, claim] = text.slice(1).split(".");
      return [parseInt(place, 36), parseInt(text[0], 36), parseInt(claim, 36) - 1];
    };
    return { claims: data.claims, ids: data.ids, look: (key) => (keys.has(key) ? data.lists[keys.get(key)].split(" ").map(read) : []) };
  };

  Object.assign(globalThis.gradatlasShapes, { pieces, Shapes, unpacked });
})();
