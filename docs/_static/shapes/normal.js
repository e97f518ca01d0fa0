// The normal form of an expression, in which what is the same by the rules of arithmetic is written in the same way:
// gradatlas.formulas.shapes.normal.
(() => {
  "use strict";

  const { ONE, ReadingError, key, before, used, ZERO } = globalThis.gradatlasShapes;
  const LARGEST = 1e12;

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

  Object.assign(globalThis.gradatlasShapes, { times, normal });
})();
