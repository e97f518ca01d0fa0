// The exercise on a formula's page: hides what gives the answer away, and judges what the reader types, by its form and else in
// numbers at several points. It does what gradatlas.formulas.shapes.judging does; nothing that is typed is run.
(() => {
  "use strict";

  const MOST = 20000, AGREE = 1e-8;

  class Unjudged extends Error {
    constructor(code, values = {}) {
      super(code);
      this.code = code;
      this.values = values;
    }
  }

  const judging = ({ normal, walk, same, checksum, mapped }) => {
    const boundIn = (t) => new Set(walk(t).filter((n) => "SIL".includes(n[0])).flatMap((n) => n[1]));

    const completed = (t, letters, known) => {
      const bound = boundIn(t), has = (table, name) => Object.prototype.hasOwnProperty.call(table, name);
      const listed = [...new Set([...Object.keys(letters.arrays), ...letters.scalars, ...letters.indices])].sort().join(", ");
      const entry = (name, indices) => {
        const rank = letters.arrays[name], along = has(letters.along, name) ? letters.along[name] : {}, given = indices.map(change);
        if (given.length === rank) return ["v", name, given];
        if (given.length !== rank - Object.keys(along).length) throw new Unjudged("rank", { name, rank, given: given.length });
        return ["v", name, Array.from({ length: rank }, (_, k) => (has(along, String(k)) ? ["v", along[k], []] : given.shift()))];
      };
      const change = (node) => {
        if (node[0] === "v") {
          const name = node[1];
          if (bound.has(name)) return node;
          if (has(letters.arrays, name)) return entry(name, node[2]);
          if (letters.scalars.includes(name) || letters.indices.includes(name)) {
            if (node[2].length) throw new Unjudged("rank", { name, rank: 0, given: node[2].length });
            return node;
          }
          throw new Unjudged("unknown", { name, letters: listed });
        }
        if (node[0] === "f" && !known.has(node[1]) && !letters.functions.includes(node[1])) {
          if (has(letters.arrays, node[1]) && node[3].length) return entry(node[1], node[3]);
          throw new Unjudged("unknown", { name: node[1], letters: listed });
        }
        return mapped(node, change);
      };
      return change(t);
    };

    const namedShape = (t, shapes) => {
      const bound = boundIn(t);
      const change = (node) => {
        if (node[0] === "v" && !bound.has(node[1])) return ["f", `=${node[1]}`, [], node[2].map(change)];
        if (node[0] === "f" && !shapes.known.has(node[1])) return ["f", `=${node[1]}`, node[2].map(change), node[3].map(change)];
        return mapped(node, change);
      };
      return shapes.shape(change(normal(t)));
    };

    // erf by its series, or by the continued fraction of its complement.
    const erf = (x) => {
      const z = Math.abs(x);
      if (z > 6) return Math.sign(x);
      let term = z, sum = z;
      for (let n = 1; n < 400 && Math.abs(term) > 1e-18 * sum; n++) {
        term *= (2 * z * z) / (2 * n + 1);
        sum += term;
      }
      return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
    };
    const functions = {
      exp: Math.exp, log: (x) => (x > 0 ? Math.log(x) : NaN), sin: Math.sin, cos: Math.cos, abs: Math.abs, atan: Math.atan,
      tanh: Math.tanh, sinh: Math.sinh, cosh: Math.cosh, cbrt: Math.cbrt, erf, floor: Math.floor, mod: (a, b) => a - b * Math.floor(a / b),
      pi: () => Math.PI, sign: Math.sign, sigmoid: (x) => 1 / (1 + Math.exp(-x)), relu: (x) => Math.max(x, 0),
      softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), max: Math.max, min: Math.min,
    };

    class Evaluation {
      constructor(lengths) {
        this.lengths = lengths;
        this.terms = 0;
      }

      go(t, values) {
        switch (t[0]) {
          case "n": return t[1] / t[2];
          case "v": return this.entry(t[1], values, t[2].map((i) => this.go(i, values)));
          case "+": return t[1].reduce((sum, c) => sum + this.go(c, values), 0);
          case "*": return t[1].reduce((product, c) => product * this.go(c, values), 1);
          case "^": {
            const base = this.go(t[1], values), exponent = this.go(t[2], values);
            return base === 0 && exponent < 0 ? 0 : base ** exponent;
          }
          case "S": return this.total([...t[1]], t[2], values);
          case "b": {
            const inside = this.go(t[2], values);
            return Number(t[1] === "=" ? Math.abs(inside) < 1e-12 : inside > 1e-12);
          }
          case "f": {
            if (!Object.prototype.hasOwnProperty.call(functions, t[1])) throw new Unjudged("function", { name: t[1] });
            const called = functions[t[1]], given = t[2].length;
            // Of the largest or the least there may be more values than two.
            if (given < called.length || (given > called.length && !["max", "min"].includes(t[1]))) throw new Unjudged("function", { name: t[1] });
            return called(...t[2].map((a) => this.go(a, values)));
          }
          default: throw new Unjudged("derivative");
        }
      }

      entry(name, values, indices) {
        let array = values.get(name);
        if (array === undefined) throw new Unjudged("function", { name });
        for (const index of indices) {
          const place = Math.round(index);
          if (!Array.isArray(array) || Math.abs(index - place) > 1e-9 || place < 0 || place >= array.length) return 0;
          array = array[place];
        }
        if (Array.isArray(array)) throw new Unjudged("rank", { name, rank: this.lengths[name].length, given: indices.length });
        return array;
      }

      total(names, body, values) {
        if (!names.length) throw new Unjudged("over");
        const ranges = names.map((name) => this.length(name, body));
        const inner = new Map(values);
        const step = (k) => {
          if (k === names.length) {
            if (++this.terms > MOST) throw new Unjudged("form");
            return this.go(body, inner);
          }
          let sum = 0;
          for (let at = 0; at < ranges[k]; at++) {
            inner.set(names[k], at);
            sum += step(k + 1);
          }
          return sum;
        };
        return step(0);
      }

      length(name, body) {
        const found = new Set();
        for (const node of walk(body)) {
          if (node[0] !== "v" || !Object.prototype.hasOwnProperty.call(this.lengths, node[1])) continue;
          node[2].forEach((index, place) => {
            if (same(index, ["v", name, []]) && place < this.lengths[node[1]].length) found.add(this.lengths[node[1]][place]);
          });
        }
        const letter = name.split("#")[0];
        if (!found.size) throw new Unjudged("range", { name: letter });
        if (found.size > 1) throw new Unjudged("uneven", { name: letter });
        return [...found][0];
      }
    }

    // The verdict: {kind: "right" | "other" | "wrong" | "unjudged", ...}. Throws ReadingError where the text cannot be read.
    const judge = (text, claim, shapes) => {
      const read = shapes.read(text);
      try {
        if (read[0] === "r") throw new Unjudged("sides");
        const answer = completed(read, claim.letters, shapes.known), own = checksum(namedShape(answer, shapes));
        if (own === claim.rights[0]) return { kind: "right" };
        if (claim.rights.includes(own)) return { kind: "other" };
        if (!claim.points.length) throw new Unjudged("form");
        for (const point of claim.points) {
          for (const [at, expected] of point.expected) {
            const where = claim.letters.indices.map((name, k) => [name, at[k]]);
            const got = new Evaluation(point.lengths).go(answer, new Map([...Object.entries(point.values), ...where]));
            if (!(Math.abs(got - expected) <= AGREE * Math.max(1, Math.abs(expected)))) {
              const used = new Set(walk(answer).filter((n) => n[0] === "v").map((n) => n[1]));
              const shown = { ...point.sizes, ...Object.fromEntries(where) };
              for (const [name, value] of Object.entries(point.values)) if (used.has(name) && !(name in shown)) shown[name] = value;
              return { kind: "wrong", at: shown, answer: got, expected };
            }
          }
        }
        return { kind: "other" };
      } catch (error) {
        if (error instanceof Unjudged) return { kind: "unjudged", code: error.code, values: error.values };
        throw error;
      }
    };
    return { judge, completed, namedShape };
  };

  if (typeof module === "object" && module.exports) {
    module.exports = { judging };
    return;
  }

  const form = document.querySelector(".exercise-form");
  if (!form) return;
  const own = document.currentScript;
  const words = JSON.parse(form.dataset.words), part = (name) => form.querySelector(name);
  const begin = part(".exercise-begin button"), work = part(".exercise-work"), field = part("input"), said = part(".exercise-said");
  const choice = part("select"), section = form.closest("section.exercise"), start = begin.textContent;
  const place = () => Number(choice ? choice.value : 0);

  const script = (address) =>
    new Promise((resolve, reject) => {
      const made = document.createElement("script");
      made.src = address;
      made.async = false; // they run in the order in which they are asked for
      made.onload = resolve;
      made.onerror = reject;
      document.head.append(made);
    });
  let tools = null;
  const load = async () => {
    const beside = (name) => own.src.replace(/exercise\.js(\?.*)?$/, name);
    const shared = form.dataset.scripts.split(" ").map(beside);
    await Promise.all([...shared, `${form.dataset.formula}.exercise.js`].map(script));
    const api = globalThis.gradatlasShapes;
    tools = { shapes: new api.Shapes(globalThis.gradatlasTables), judge: judging(api).judge, api };
  };

  const number = (x) => (Array.isArray(x) ? `[${x.map(number).join(", ")}]` : Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(6))));
  const letters = () => {
    const { filled } = tools.api, own = globalThis.gradatlasExercise.claims[place()].letters;
    const shown = [
      ...Object.entries(own.arrays).map(([name, rank]) => (rank ? `${name}[${Array(rank).fill("·").join(", ")}]` : name)),
      ...own.scalars,
      ...own.indices,
    ];
    const out = [...new Set(Object.values(own.along).flatMap(Object.values))].sort().join(", ");
    const hint = out ? `\n${filled(words["left-out"], { indices: out })}` : "";
    part(".exercise-letters").textContent = filled(words["letters-line"], { letters: shown.join("  ") }) + hint;
    section.querySelectorAll(".exercise-asked").forEach((asked, k) => asked.classList.toggle("exercise-chosen", k === place()));
  };

  const say = (text, kind) => {
    said.textContent = text;
    said.dataset.verdict = kind;
  };

  const judged = () => {
    if (!field.value.trim()) return say("", "");
    const { ReadingError, filled } = tools.api;
    try {
      const verdict = tools.judge(field.value, globalThis.gradatlasExercise.claims[place()], tools.shapes);
      if (verdict.kind === "right" || verdict.kind === "other") return say(words[verdict.kind], "right");
      if (verdict.kind === "unjudged") return say(filled(words.unjudged, { why: filled(words[verdict.code], verdict.values) }), "unjudged");
      const point = Object.entries(verdict.at).map(([name, value]) => `${name} = ${number(value)}`).join(", ");
      return say(filled(words.wrong, { point, answer: number(verdict.answer), expected: number(verdict.expected) }), "wrong");
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error;
      return say(filled(words[error.code], error.values), "unjudged");
    }
  };

  part(".exercise-begin").hidden = false;
  begin.addEventListener("click", async () => {
    const on = document.body.classList.toggle("exercising");
    begin.setAttribute("aria-expanded", String(on));
    begin.textContent = on ? begin.dataset.end : start;
    work.hidden = !on;
    if (!on) return;
    try {
      if (!tools) await load();
      letters();
      field.focus();
      section.scrollIntoView({ block: "start" });
    } catch {
      say(words.failed, "unjudged");
    }
  });
  choice?.addEventListener("change", () => {
    letters();
    say("", "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (tools) judged();
  });
})();
