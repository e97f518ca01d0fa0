// Expressions as they are typed, read by the tables that the build makes of the grammar: gradatlas.formulas.shapes.reading.
(() => {
  "use strict";

  const { ONE, ReadingError, same, MINUS_ONE, ZERO } = globalThis.gradatlasShapes;

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

  Object.assign(globalThis.gradatlasShapes, { Reader });
})();
