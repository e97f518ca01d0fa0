// Expressions as they are typed: read by the tables that the build makes of the grammar, brought to a normal form, and named by
// their shape. It does what the package's gradatlas.formulas.shapes does, step by step; a test holds the two equal. Nothing here
// evaluates text: what is read is data, nested arrays such as ["+", [["v", "x", []], ["n", 1, 1]]].
(() => {
  "use strict";

  const ONE = ["n", 1, 1], MINUS_ONE = ["n", -1, 1], ZERO = ["n", 0, 1];
  const LARGEST = 1e12, ROUNDS = 4;
  const SMALLEST = 3, SUBSETS = 4, SCALE = 1, SQUARE = 5, MATRIX = 3, SHARED = 30, PART = 7;

  class ReadingError extends Error {
    constructor(code, values = {}) {
      super(code);
      this.code = code;
      this.values = values;
    }
  }

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

  // ---- Reading ----------------------------------------------------------------------------------------------------------

  class Reader {
    constructor(tables) {
      this.tables = tables;
      this.words = tables.vocabulary;
      this.limits = this.words.limits;
      this.known = new Set(this.words.known);
      this.terminals = tables.terminals.map(([name, pattern]) => [name, new RegExp(pattern, "y")]);
      this.ignored = new Set(tables.ignored);
      this.greek = new Set(Object.values(this.words.greek));
    }

    has(table, name) {
      return Object.prototype.hasOwnProperty.call(this.words[table], name);
    }

    read(text) {
      this.checkLength(text);
      const made = this.parse(text);
      this.checkSize(made);
      return new Resolver(this, made).relation(made);
    }

    checkLength(text) {
      const { length, digits, depth } = this.limits;
      if (text.length > 2 * length || [...text].length > length) throw new ReadingError("length", { n: [...text.slice(0, 1e7)].length, most: length });
      if (!text.trim()) throw new ReadingError("empty");
      if (new RegExp(`[0-9]{${digits + 1}}`).test(text)) throw new ReadingError("digits", { most: digits });
      let open = 0;
      for (const character of text) {
        if ("([{".includes(character)) {
          if (++open > depth) throw new ReadingError("brackets", { most: depth });
        } else if (")]}".includes(character)) open--;
      }
    }

    checkSize(made) {
      const stack = [[made, 1]];
      let nodes = 0;
      while (stack.length) {
        let [node, depth] = stack.pop();
        if (!Array.isArray(node)) continue;
        if (typeof node[0] === "string") [nodes, depth] = [nodes + 1, depth + 1];
        if (nodes > this.limits.nodes) throw new ReadingError("parts", { most: this.limits.nodes });
        if (depth > this.limits.depth) throw new ReadingError("depth", { most: this.limits.depth });
        for (const child of node) stack.push([child, depth]);
      }
    }

    *tokens(text) {
      let at = 0;
      while (at < text.length) {
        let found = null;
        for (const [name, pattern] of this.terminals) {
          pattern.lastIndex = at;
          const match = pattern.exec(text);
          if (match) {
            found = [name, match[0], at];
            break;
          }
        }
        if (!found) throw this.unexpected(text, at);
        at += found[1].length;
        if (!this.ignored.has(found[0])) yield found;
      }
      yield ["$END", "", at];
    }

    unexpected(text, at) {
      if (at >= text.length) return new ReadingError("early");
      const word = /^\\?[A-Za-z]+/.exec(text.slice(at, at + 80));
      const character = String.fromCodePoint(text.codePointAt(at));
      const seen = word ? word[0] : character >= "!" && character <= "~" ? character : `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
      return new ReadingError("unexpected", { seen, at: [...text.slice(0, at)].length + 1 });
    }

    parse(text) {
      const { states, rules, start, end } = this.tables;
      const path = [start], values = [];
      for (const [name, value, at] of this.tokens(text)) {
        for (;;) {
          const row = states[path[path.length - 1]];
          const action = Object.prototype.hasOwnProperty.call(row, name) ? row[name] : null;
          if (action === null) throw this.unexpected(text, name === "$END" ? text.length : at);
          if (action >= 0) {
            path.push(action);
            values.push(value);
            break;
          }
          const [maker, passes, count, kept, origin] = rules[-1 - action];
          const all = count ? values.splice(-count) : [];
          if (count) path.splice(-count);
          const given = kept.map((k) => all[k]);
          values.push(passes && given.length === 1 ? given[0] : this[`make_${maker}`](given));
          path.push(states[path[path.length - 1]][origin]);
          if (name === "$END" && path[path.length - 1] === end) return values[values.length - 1];
        }
      }
      throw new ReadingError("early");
    }

    // What each rule of the grammar makes of its parts.
    make_just(c) { return c[0]; }
    make_same(c) { return c[0]; }
    make_group(c) { return c[0]; }
    make_related(c) { return ["r", this.sign(c[1]), c[0], c[2]]; }
    make_plus(c) { return ["+", [...(c[0][0] === "+" ? c[0][1] : [c[0]]), c[1]]]; }
    make_minus(c) { return c[0][0] === "neg" ? c[0][1] : ["neg", c[0]]; }
    make_less(c) { return this.make_plus([c[0], this.make_minus([c[1]])]); }

    make_times(c) {
      const left = c[0][0] === "*" ? c[0][1] : [c[0]], last = left[left.length - 1], right = c[c.length - 1];
      return last[0] === "D" ? ["*", [...left.slice(0, -1), ["d", right, last[1]]]] : ["*", [...left, right]];
    }

    make_over(c) {
      const [above, below] = c.slice(-2);
      const factors = above[0] === "*" ? above[1] : [above], last = factors[factors.length - 1];
      if (last[0] === "p" && below[0] === "p" && below.length === 2) {
        const made = last.length === 1 ? ["D", below[1]] : ["d", last[1], below[1]];
        return factors.length > 1 ? ["*", [...factors.slice(0, -1), made]] : made;
      }
      const differential = (t) => t[0] === "v" && /^d[A-Za-z][0-9]*$/.test(t[1]);
      if (differential(above) && differential(below)) return ["d", ["v", above[1].slice(1), above[2]], ["v", below[1].slice(1), below[2]]];
      return ["*", [...factors, ["^", below, MINUS_ONE]]];
    }

    make_big_sum(c) { return ["S", c[1], c[2]]; }
    make_big_sum_to(c) { return ["S", c[1], c[4]]; }
    make_over_one(c) { return [this.plain(c[0])]; }
    make_over_from(c) { return [this.plain(c[0])]; }

    make_over_list(c) {
      const names = [];
      for (const item of c[0]) {
        if (item[0] !== "v" || item[2].length) throw new ReadingError("letters");
        names.push(...(this.isLetters(item[1]) ? item[1] : [item[1]]));
      }
      return names;
    }

    make_bare_partial() { return ["p"]; }
    make_partial(c) { return ["p", c[1]]; }

    make_to_the(c) {
      const base = c[0], exponent = c[c.length - 1], most = this.limits.exponent;
      if (exponent[0] === "n" && (Math.abs(exponent[1]) > most || exponent[2] > most)) throw new ReadingError("exponent", { most });
      if (exponent[0] === "v" && (exponent[1] === "top" || exponent[1] === "T")) return base;
      return ["^", base, exponent];
    }

    make_negative(c) {
      const value = this.make_number(c);
      return ["n", -value[1], value[2]];
    }

    make_number(c) {
      const [whole, rest = ""] = c[0].split(".");
      if (whole.length + rest.length > this.limits.digits) throw new ReadingError("digits", { most: this.limits.digits });
      return ["n", Number(whole + rest), 10 ** rest.length];
    }

    make_bracket(c) { return ["b", this.sign(c[1]), c[0], c[2]]; }
    make_absolute(c) { return ["call", "abs", [c[1]], []]; }
    make_root(c) { return ["^", c[1], ["n", 1, 2]]; }
    make_name(c) { return ["v", this.plain(c[0]), []]; }

    make_accented(c) {
      const style = c[0].slice(1).replaceAll("wide", ""), name = this.plain(c[1]);
      return ["v", this.words.styles.includes(style) ? name : `${name}_${style}`, []];
    }

    make_accented_entry(c) { return this.make_subscripted([this.make_accented(c.slice(0, 2)), c[2]]); }
    make_call(c) { return ["call", c[0][1], c[1], []]; }
    make_entry(c) { return ["sub", c[0], c[1], true]; }
    make_subscripted(c) { return ["sub", c[0], c[1].length && typeof c[1][0] === "string" ? [c[1]] : c[1], false]; }
    make_subscripted_entry(c) { return ["sub", this.make_subscripted(c.slice(0, 2)), c[2], true]; }
    make_apply(c) { return ["call", c[0].slice(1), [c[1]], []]; }
    make_apply_power(c) { return this.make_to_the([["call", c[0].slice(1), [c[3]], []], c[2]]); }
    make_apply_sum(c) { return this.make_apply([c[0], this.make_big_sum(c.slice(1))]); }
    make_apply_sum_to(c) { return this.make_apply([c[0], this.make_big_sum_to(c.slice(1))]); }
    make_first(c) { return [c[0]]; }
    make_further(c) { return [...c[0], c[1]]; }

    sign(text) { return this.has("relations", text) ? this.words.relations[text] : text; }

    plain(name) {
      let bare = name.replace(/'+$/, "");
      const primes = name.slice(bare.length);
      bare = [...bare.replace(/^\\/, "")].map((c) => (this.has("greek", c) ? this.words.greek[c] : c)).join("");
      return (this.has("variants", bare) ? this.words.variants[bare] : bare) + primes;
    }

    isLetters(name) {
      return name.length > 1 && name.length <= 4 && !this.words.words.includes(name) && [...name].every((c) => this.words.letters.includes(c));
    }
  }

  // What is called, what is an index, what a sum binds.
  class Resolver {
    constructor(reader, made) {
      this.reader = reader;
      this.count = 0;
      this.bare = new Set();
      const note = (node) => {
        if (!Array.isArray(node)) return;
        if (node[0] === "v") this.bare.add(node[1]);
        node.forEach(note);
      };
      note(made);
    }

    relation(node) {
      const none = new Map();
      return node[0] === "r" ? ["r", node[1], this.go(node[2], none), this.go(node[3], none)] : this.go(node, none);
    }

    go(node, scope) {
      const kind = node[0];
      if (kind === "n") return node;
      if (kind === "v") return this.variable(node[1], scope);
      if (kind === "neg") return ["*", [MINUS_ONE, this.go(node[1], scope)]];
      if (kind === "+" || kind === "*") return [kind, node[1].map((c) => this.go(c, scope))];
      if (kind === "^") {
        const exponent = this.go(node[2], scope);
        if (same(node[1], ["v", "e", []]) && !scope.has("e")) return ["f", "exp", [exponent], []];
        return ["^", this.go(node[1], scope), exponent];
      }
      if (kind === "S") return this.total(node[1], node[2], scope);
      if (kind === "d") return ["d", this.go(node[1], scope), this.go(node[2], scope)];
      if (kind === "b") return this.bracket(node[1], this.go(node[2], scope), this.go(node[3], scope));
      if (kind === "call") return this.called(node[1], node[2], scope);
      if (kind === "sub") return this.entry(node, scope);
      throw new ReadingError("partial");
    }

    variable(name, scope) {
      if (scope.has(name)) return ["v", scope.get(name), []];
      if (name === "pi" || name === "infty") return ["f", name, [], []];
      return ["v", name, []];
    }

    total(names, body, scope) {
      const inner = new Map(scope);
      for (const name of names) inner.set(name, `${name}#${++this.count}`);
      return ["S", names.map((n) => inner.get(n)), this.go(body, inner)];
    }

    bracket(relation, left, right) {
      const less = (a, b) => ["+", [a, ["*", [MINUS_ONE, b]]]];
      const but = (a) => ["+", [ONE, ["*", [MINUS_ONE, a]]]];
      switch (relation) {
        case "=": return ["b", "=", less(left, right)];
        case "!=": return but(["b", "=", less(left, right)]);
        case ">": return ["b", ">", less(left, right)];
        case "<": return ["b", ">", less(right, left)];
        case ">=": return but(["b", ">", less(right, left)]);
        default: return but(["b", ">", less(left, right)]);
      }
    }

    called(name, args, scope) {
      const { reader } = this, { words } = reader;
      if (reader.has("aliases", name)) name = words.aliases[name];
      if (words.sums.includes(name)) {
        const over = args.slice(1).map((arg) => {
          if (arg[0] !== "v") throw new ReadingError("letters");
          return arg[1];
        });
        return this.total(over, args[0], scope);
      }
      if (words.derivatives.includes(name) && args.length === 2) return ["d", this.go(args[0], scope), this.go(args[1], scope)];
      const given = args.map((a) => this.go(a, scope));
      if (name === "sqrt" && given.length === 1) return ["^", given[0], ["n", 1, 2]];
      if ((name === "pow" || name === "power") && given.length === 2) return ["^", ...given];
      if (name === "delta" && given.length === 2) return this.bracket("=", ...given);
      if (name === "softmax" && given.length === 1) {
        const above = ["f", "exp", given, []];
        return ["*", [above, ["^", ["S", [], above], MINUS_ONE]]];
      }
      if (name === "max" && given.length === 2 && given.some((g) => same(g, ZERO))) return ["f", "relu", [same(given[1], ZERO) ? given[0] : given[1]], []];
      if (!reader.known.has(name) && given.length === 1 && this.bare.has(name)) return ["*", [this.variable(name, scope), given[0]]];
      return ["f", name, given, []];
    }

    entry(node, scope) {
      const { reader } = this;
      let base = this.go(node[1], scope);
      if (base[0] !== "v" && base[0] !== "f") base = ["v", "entry", []];
      const indices = [];
      for (const item of node[2]) {
        if (item[0] === "n" && !node[3] && base[0] === "v" && !base[2].length) base = ["v", `${base[1]}_${item[1]}`, []];
        else if (item[0] === "v" && !scope.has(item[1]) && item[1].length > 1 && !this.isNamedLetter(item[1])) {
          if (reader.isLetters(item[1]) || [...item[1]].every((c) => scope.has(c))) indices.push(...[...item[1]].map((c) => this.variable(c, scope)));
          else if (base[0] === "v" && !node[3]) base = ["v", `${base[1]}_${item[1]}`, base[2]];
          else indices.push(this.variable(item[1], scope));
        } else indices.push(this.go(item, scope));
      }
      const own = base[base.length - 1];
      if (base[0] === "v" && base[1] === "delta" && own.length + indices.length === 2) return this.bracket("=", ...own, ...indices);
      return [...base.slice(0, -1), [...own, ...indices]];
    }

    isNamedLetter(name) {
      return this.reader.greek.has(name) || this.reader.greek.has(name.replace(/['0-9]+$/, ""));
    }
  }

  // ---- Normal form ------------------------------------------------------------------------------------------------------

  const gcd = (a, b) => {
    a = Math.abs(a);
    while (b) [a, b] = [b, a % b];
    return a;
  };

  const number = (p, q) => {
    if (q === 0) return ZERO;
    if (q < 0) [p, q] = [-p, -q];
    if (Math.abs(p) > Number.MAX_SAFE_INTEGER || q > Number.MAX_SAFE_INTEGER) {
      const divisor = bigGcd(BigInt(p), BigInt(q));
      [p, q] = [Number(BigInt(p) / divisor), Number(BigInt(q) / divisor)];
    }
    const common = gcd(p, q) || 1;
    [p, q] = [p / common, q / common];
    if (Math.abs(p) > LARGEST || q > LARGEST) throw new ReadingError("large");
    return ["n", p === 0 ? 0 : p, q];
  };
  const bigGcd = (a, b) => {
    if (a < 0n) a = -a;
    while (b) [a, b] = [b, a % b];
    return a || 1n;
  };
  // Numerators and denominators are at most 10^12, so that their products need more than a double holds.
  const exactly = (p, q) => {
    if (q === 0n) return ZERO;
    const divisor = bigGcd(p, q < 0n ? -q : q), sign = q < 0n ? -1n : 1n;
    return number(Number((sign * p) / divisor), Number((sign * q) / divisor));
  };
  const sumOf = (a, b) => exactly(BigInt(a[1]) * BigInt(b[2]) + BigInt(b[1]) * BigInt(a[2]), BigInt(a[2]) * BigInt(b[2]));
  const productOf = (a, b) => exactly(BigInt(a[1]) * BigInt(b[1]), BigInt(a[2]) * BigInt(b[2]));

  const split = (t) => {
    if (t[0] === "n") return [t, ONE];
    if (t[0] === "*" && t[1][0][0] === "n") {
      const rest = t[1].slice(1);
      return [t[1][0], rest.length === 1 ? rest[0] : ["*", rest]];
    }
    return [ONE, t];
  };

  const isOne = (c) => c[0] === "n" && c[1] === 1 && c[2] === 1;

  const plus = (terms) => {
    const found = new Map();
    for (const t of terms.flatMap((t) => (t[0] === "+" ? t[1] : [t]))) {
      const [coefficient, rest] = split(t), k = key(rest), old = found.get(k);
      found.set(k, [old ? sumOf(old[0], coefficient) : coefficient, rest]);
    }
    const kept = [...found.values()].filter(([c]) => c[1] !== 0).map(([c, rest]) => (isOne(c) ? rest : times([c, rest])));
    return !kept.length ? ZERO : kept.length === 1 ? kept[0] : ["+", kept];
  };

  const times = (factors) => {
    let coefficient = ONE;
    const bases = new Map(), others = [], kept = [];
    for (const t of factors.flatMap((t) => (t[0] === "*" ? t[1] : [t]))) {
      if (t[0] === "n") {
        coefficient = productOf(coefficient, t);
        continue;
      }
      const [base, exponent] = t[0] === "^" ? [t[1], t[2]] : [t, ONE];
      if (exponent[0] !== "n") {
        others.push(t);
        continue;
      }
      const k = key(base), old = bases.get(k);
      bases.set(k, [base, old ? sumOf(old[1], exponent) : exponent]);
    }
    for (const [base, exponent] of bases.values()) {
      const made = raised(base, exponent);
      if (made[0] === "n") coefficient = productOf(coefficient, made);
      else kept.push(made);
    }
    kept.push(...others);
    if (coefficient[1] === 0) return ZERO;
    if (kept.length > 1) kept.sort((a, b) => before(key(a), key(b)));
    if (!kept.length) return coefficient;
    if (isOne(coefficient)) return kept.length === 1 ? kept[0] : ["*", kept];
    if (kept.length === 1 && kept[0][0] === "+") return ["+", kept[0][1].map((t) => times([coefficient, t]))];
    return ["*", [coefficient, ...kept]];
  };

  const raised = (base, exponent) => {
    if (exponent[0] === "n") {
      const [, p, q] = exponent;
      if (p === 0) return ONE;
      if (p === q) return base;
      if (base[0] === "n") {
        if (base[1] === 0) return ZERO;
        if (base[1] === base[2]) return ONE;
        if (q === 1) {
          let [top, bottom] = [1, 1];
          const [above, below] = p > 0 ? [base[1], base[2]] : [base[2], base[1]];
          for (let k = 0; k < Math.abs(p); k++) {
            [top, bottom] = [top * above, bottom * below];
            if (Math.abs(top) > LARGEST || Math.abs(bottom) > LARGEST) throw new ReadingError("large");
          }
          return number(top, bottom);
        }
      }
      if (base[0] === "^" && base[2][0] === "n" && q === 1) return raised(base[1], productOf(base[2], exponent));
      if (base[0] === "*" && q === 1) return times(base[1].map((t) => raised(t, exponent)));
      if (base[0] === "f" && base[1] === "exp") return ["f", "exp", [times([exponent, base[2][0]])], []];
    }
    return ["^", base, exponent];
  };

  const logarithm = (t) => {
    if (t[0] === "*") return plus(t[1].map(logarithm));
    if (t[0] === "^") return times([t[2], logarithm(t[1])]);
    if (t[0] === "f" && t[1] === "exp") return t[2][0];
    return isOne(t) ? ZERO : ["f", "log", [t], []];
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

  const summed = (names, body) => {
    const over = [...names], factors = body[0] === "*" ? [...body[1]] : [body];
    for (;;) {
      const inner = factors.findIndex((f) => f[0] === "S");
      if (inner < 0) break;
      const [[, more, within]] = factors.splice(inner, 1);
      over.push(...more);
      factors.push(...(within[0] === "*" ? within[1] : [within]));
    }
    if (!over.length) {
      return times([...factors.filter((f) => f[0] === "n"), ["S", [], times(factors.filter((f) => f[0] !== "n"))]]);
    }
    const outside = [];
    let groups = over.map((name) => [new Set([name]), []]);
    for (const factor of factors) {
      const here = used(factor), needed = over.filter((name) => here.has(name));
      if (!needed.length) {
        outside.push(factor);
        continue;
      }
      const met = groups.filter(([g]) => needed.some((n) => g.has(n)));
      groups = groups.filter((g) => !met.includes(g));
      groups.push([new Set(met.flatMap(([g]) => [...g])), [...met.flatMap(([, f]) => f), factor]]);
    }
    return times([...outside, ...groups.map(([g, inner]) => ["S", [...g].sort(before), times(inner)])]);
  };

  const normal = (t) => {
    switch (t[0]) {
      case "n": return number(t[1], t[2]);
      case "v": return ["v", t[1], t[2].map(normal)];
      case "f":
        if (t[1] === "log" && t[2].length === 1) return logarithm(normal(t[2][0]));
        return ["f", t[1], t[2].map(normal), t[3].map(normal)];
      case "+": return plus(t[1].map(normal));
      case "*": return times(t[1].map(normal));
      case "^": return raised(normal(t[1]), normal(t[2]));
      case "S": return summed(t[1], normal(t[2]));
      case "d": return ["d", normal(t[1]), normal(t[2])];
      case "r": {
        const left = normal(t[2]), right = normal(t[3]);
        if (t[1] === ">=" || t[1] === ">") return ["r", t[1] === ">" ? "<" : "<=", right, left];
        return ["r", t[1], left, right];
      }
      default: return [t[0], t[1], normal(t[2])];
    }
  };

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

  // ---- Shapes -----------------------------------------------------------------------------------------------------------

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

  // ---- The index --------------------------------------------------------------------------------------------------------

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

  const api = { Shapes, unpacked, mapped, ReadingError, normal, walk, parts, same, looser, pieces, checksum, withoutAxes, size };
  if (typeof module === "object" && module.exports) module.exports = api;
  else globalThis.gradatlasShapes = api;
})();
