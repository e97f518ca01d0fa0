// The shape of an expression, which names its variables by their places, and its looser shapes:
// gradatlas.formulas.shapes.labelling.
(() => {
  "use strict";

  const {
    key, same, before, checksum, parts, walk, used, isBinder, mapped, MINUS_ONE, times, normal,
  } = globalThis.gradatlasShapes;
  const ROUNDS = 4;

  const isEven = (node) => node[0] === "^" && node[1][0] === "+" && node[2][0] === "n" && node[2][2] === 1 && node[2][1] % 2 === 0;

  // A function keeps its name if it is well known, or was marked so.
  const isKnown = (known, name) => known.has(name) || name.startsWith("=");

  class Colouring {
    constructor(t, known) {
      this.t = t;
      this.known = known;
      this.colours = new Map();
      this.lines = new Map();
      this.negatives = new Map();
      const indices = new Set(), order = [];
      const note = (node) => {
        if (node[0] === "v") {
          order.push("v" + node[1]);
          for (const i of node[2]) if (i[0] === "v" && !i[2].length) indices.add(i[1]);
        } else if (node[0] === "f" && !isKnown(known, node[1])) order.push("f" + node[1]);
        else if (isBinder(node[0])) {
          for (const name of node[1]) {
            order.push("v" + name);
            if (node[0] !== "I") indices.add(name);
          }
        }
        parts(node).forEach(note);
      };
      note(t);
      for (const symbol of order) this.colours.set(symbol, symbol[0] === "f" ? "f" : indices.has(symbol.slice(1)) ? "i" : "v");
    }

    line(node) {
      let found = this.lines.get(node);
      if (found === undefined) this.lines.set(node, (found = this.written(node)));
      return found;
    }

    written(node) {
      const kind = node[0], all = (list) => list.map((n) => this.line(n)).join(",");
      switch (kind) {
        case "n": return node[2] === 1 ? `${node[1]}` : `${node[1]}/${node[2]}`;
        case "v": {
          const own = this.colours.get("v" + node[1]);
          return node[2].length ? `${own}[${all(node[2])}]` : own;
        }
        case "f": {
          const value = `${isKnown(this.known, node[1]) ? node[1] : this.colours.get("f" + node[1])}(${all(node[2])})`;
          return node[3].length ? `${value}[${all(node[3])}]` : value;
        }
        case "+": case "*": return `(${kind}${node[1].map((c) => this.line(c)).sort(before).join(" ")})`;
        case "^": return `(^${isEven(node) ? this.either(node[1]) : this.line(node[1])} ${this.line(node[2])})`;
        case "S": case "I": case "L": {
          const names = node[1].map((name) => this.colours.get("v" + name));
          return `(${kind}${(kind === "L" ? names : names.sort(before)).join(",")} ${this.line(node[2])})`;
        }
        case "b": return `[${node[1]}${node[1] === "=" ? this.either(node[2]) : this.line(node[2])}]`;
        case "r": {
          const sides = [this.line(node[2]), this.line(node[3])];
          if (node[1] === "=" || node[1] === "!=") sides.sort(before);
          return `${node[1]}: ${sides.join(" ; ")}`;
        }
        default: return `(d${this.line(node[1])} ${this.line(node[2])})`;
      }
    }

    either(node) {
      return [this.line(node), this.line(this.negative(node))].sort(before)[0];
    }

    negative(node) {
      if (!this.negatives.has(node)) this.negatives.set(node, times([MINUS_ONE, node]));
      return this.negatives.get(node);
    }

    visit(node, seen) {
      const kind = node[0], here = checksum(`${seen}|${this.line(node)}`);
      if (kind === "v") this.places.get("v" + node[1]).push(here);
      else if (kind === "f" && !isKnown(this.known, node[1])) this.places.get("f" + node[1]).push(here);
      else if (isBinder(kind)) node[1].forEach((name, place) => this.places.get("v" + name).push(checksum(`${here}|${kind === "L" ? place : ""}`)));
      const ordered = "vfd^L".includes(kind) || (kind === "r" && node[1] !== "=" && node[1] !== "!=");
      parts(node).forEach((child, place) => this.visit(child, ordered ? checksum(`${here}|${place}`) : here));
      if (isEven(node) || (kind === "b" && node[1] === "=")) this.visit(this.negative(kind === "^" ? node[1] : node[2]), ordered ? checksum(`${here}|0`) : here);
    }

    get different() {
      return new Set(this.colours.values()).size;
    }

    refine() {
      for (let round = 0; round < ROUNDS; round++) {
        const count = this.different;
        if (count === this.colours.size) return;
        this.places = new Map([...this.colours.keys()].map((symbol) => [symbol, []]));
        this.visit(this.t, 0);
        this.rename(new Map([...this.colours].map(([s, c]) => [s, `${c}|${this.places.get(s).sort((a, b) => a - b).join(",")}`])));
        if (this.different === count) return;
      }
    }

    rename(looks) {
      const rank = new Map([...new Set(looks.values())].sort(before).map((look, n) => [look, n]));
      this.colours = new Map([...looks].map(([symbol, look]) => [symbol, `${look[0]}${rank.get(look)}`]));
      this.lines.clear();
    }

    tellApart() {
      this.refine();
      while (this.different < this.colours.size) {
        const counts = new Map();
        for (const colour of this.colours.values()) counts.set(colour, (counts.get(colour) || 0) + 1);
        const shared = [...counts].filter(([, n]) => n > 1).map(([c]) => c).sort(before)[0];
        const first = [...this.colours].find(([, c]) => c === shared)[0];
        this.rename(new Map([...this.colours].map(([s, c]) => [s, c + (s === first ? "|!" : "|")])));
        this.refine();
      }
    }
  }

  const shape = (t, known) => {
    const colouring = new Colouring(t, known);
    colouring.tellApart();
    colouring.rename(colouring.colours);
    return colouring.line(t);
  };

  const reads = (t) => {
    const found = new Map();
    for (const node of walk(t)) {
      if (node[0] === "v" && node[2].length) found.set(node[1], [...(found.get(node[1]) || []), node[2]]);
    }
    return found;
  };

  const withoutAxes = (t) => {
    const bound = new Set(walk(t).filter((n) => isBinder(n[0])).flatMap((n) => n[1])), gone = new Map();
    for (const [name, found] of reads(t)) {
      if (new Set(found.map((r) => r.length)).size !== 1) continue;
      found[0].forEach((index, place) => {
        if (index[0] === "v" && !bound.has(index[1]) && found.every((r) => same(r[place], index))) gone.set(name, (gone.get(name) || new Set()).add(place));
      });
    }
    if (!gone.size) return t;
    const change = (node) => {
      if (node[0] !== "v") return mapped(node, change);
      return ["v", node[1], node[2].filter((_, k) => !(gone.has(node[1]) && gone.get(node[1]).has(k))).map(change)];
    };
    return normal(change(t));
  };

  const erased = (t, sums = true) => {
    const change = (node) => {
      if (node[0] === "v") return ["v", node[1], []];
      if (node[0] === "f") return ["f", node[1], node[2].map(change), []];
      if (node[0] === "S") return sums ? ["S", [], change(node[2])] : change(node[2]);
      return mapped(node, change);
    };
    return normal(change(t));
  };

  const withoutChannels = (t) => {
    const sums = walk(t).filter((n) => n[0] === "S").map((n) => n[1]), inside = new Set();
    for (const found of reads(t).values()) {
      const most = Math.max(...found.map((r) => r.length));
      for (let place = 0; place < most; place++) {
        const here = found.filter((r) => place < r.length).map((r) => r[place]);
        for (const index of here) {
          if (index[0] !== "v" || index[2].length || here.some((other) => !same(other, index))) for (const name of used(index)) inside.add(name);
        }
      }
    }
    const bound = new Set(sums.flat()), gone = new Set();
    for (const names of sums) if (names.some((n) => inside.has(n))) for (const name of names) if (!inside.has(name)) gone.add(name);
    const indexOf = (i) => {
      if (i[0] === "n" || i[0] === "v") return change(i);
      return ["v", "~", [...used(i)].filter((n) => bound.has(n) && !gone.has(n)).sort(before).map((n) => ["v", n, []])];
    };
    const change = (node) => {
      if (node[0] === "v") return ["v", node[1], node[2].filter((i) => !(i[0] === "v" && gone.has(i[1]))).map(indexOf)];
      if (node[0] === "S") return ["S", node[1].filter((n) => !gone.has(n)), change(node[2])];
      return mapped(node, change);
    };
    return normal(change(t));
  };

  const withoutNames = (t, activations) => {
    const change = (node) => (node[0] === "f" && activations.has(node[1]) ? ["v", `${node[1]} ${checksum(encodeURIComponent(key(node)))}`, []] : mapped(node, change));
    return normal(change(t));
  };

  const withoutSquares = (t) => {
    const squared = new Set(), other = new Set(), isSquare = (n) => n[0] === "^" && n[1][0] === "v" && same(n[2], ["n", 2, 1]);
    const note = (node) => {
      if (isSquare(node)) {
        squared.add(node[1][1]);
        node[1][2].forEach(note);
        return;
      }
      if (node[0] === "v") other.add(node[1]);
      parts(node).forEach(note);
    };
    note(t);
    const left = new Set([...squared].filter((n) => !other.has(n)));
    if (!left.size) return t;
    const change = (node) => (isSquare(node) && left.has(node[1][1]) ? node[1] : mapped(node, change));
    return normal(change(t));
  };

  const scaleless = (t) => {
    if (t[0] === "*" && t[1][0][0] === "n") {
      const rest = t[1].slice(1);
      return rest.length === 1 ? rest[0] : ["*", rest];
    }
    if (t[0] === "+" && 2 * t[1].filter((c) => c[0] === "*" && c[1][0][0] === "n" && c[1][0][1] < 0).length > t[1].length) return times([MINUS_ONE, t]);
    return t;
  };

  const hasIndices = (t) => walk(t).some((n) => n[0] === "S" || ((n[0] === "v" || n[0] === "f") && n[n.length - 1].length > 0));

  const looser = (t, activations) => {
    const found = [[0, t], [1, withoutAxes(t)]];
    if (hasIndices(t)) {
      const aside = withoutChannels(found[1][1]);
      found.push([2, aside], [2, withoutAxes(aside)], [4, erased(t)], [6, erased(t, false)]);
    }
    if (walk(t).some((n) => n[0] === "f" && activations.has(n[1]))) {
      for (const [cost, made] of found.slice(0, 2)) found.push([cost + 2, withoutNames(made, activations)]);
    }
    const kept = [];
    for (const [cost, made] of found) {
      if ((cost === 0 || parts(made).length) && kept.every(([, other]) => !same(made, other))) kept.push([cost, made]);
    }
    return kept;
  };

  Object.assign(globalThis.gradatlasShapes, { shape, withoutSquares, scaleless, hasIndices, looser });
})();
