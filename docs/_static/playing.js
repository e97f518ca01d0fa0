// Pictures that answer: sliders and a cursor for functions, schedules and descents. What is computed stands in playing-functions.js,
// which the build prints from the atlas's statements. Without scripts the still pictures stay.
(() => {
  "use strict";

  // erfc: its series near 0, its continued fraction (by Lentz) beyond, both to the last digits.
  const erfc = (z) => {
    if (z < 0) return 2 - erfc(-z);
    if (z < 1.5) {
      let term = z, sum = z;
      for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
        term *= (2 * z * z) / (2 * n + 1);
        sum += term;
      }
      return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
    }
    let f = z, c = z, d = 0;
    for (let n = 1; n < 500; n++) {
      d = 1 / (z + (n / 2) * d);
      c = z + n / 2 / c;
      f *= c * d;
      if (Math.abs(c * d - 1) < 1e-16) break;
    }
    return Math.exp(-z * z) / (f * Math.sqrt(Math.PI));
  };

  // What a derivative is taken to be between its two sides: the number of least size between them.
  const least = (a, b) => (a > 0 !== b > 0 ? 0 : Math.abs(a) < Math.abs(b) ? a : b);

  const far = 3;
  // A window, as [left, right, bottom, top], on a field of so many pixels: where a point is, and the path of a function.
  const plane = ([left, right, bottom, top], [width, height]) => {
    const x = (value) => ((value - left) / (right - left)) * width;
    const y = (value) => Math.max(-far * height, Math.min(far * height, ((top - value) / (top - bottom)) * height));
    // One stroke for each part between kinks, drawn up to its ends, where a value may not be finite; elsewhere that breaks it.
    const path = (f, kinks = []) => {
      const ends = [left, ...kinks.filter((k) => k > left && k < right).sort((a, b) => a - b), right];
      let d = "";
      for (let part = 1; part < ends.length; part++) {
        const from = ends[part - 1] + 1e-9, to = ends[part] - 1e-9;
        const count = Math.max(1, Math.ceil((x(to) - x(from)) / 2));
        let pen = "M";
        for (let k = 0; k <= count; k++) {
          const at = k < count ? from + ((to - from) * k) / count : to, value = f(at);
          if (Number.isFinite(value)) d += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
          pen = Number.isFinite(value) ? "L" : "M";
        }
      }
      return d;
    };
    return { x, y, path, back: (px) => left + (px / width) * (right - left), up: (py) => top - (py / height) * (top - bottom) };
  };

  const number = (value) => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
    const text = Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-4) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
    return text.replace(/-/g, "−");
  };

  const playing = (globalThis.gradatlasPlaying = { erfc, least, plane, number });
  // Where an optimiser is after each of so many steps from a start, by the surface's gradient and the method's step.
  playing.descend = ({ gradient }, method, start, steps, p) => {
    let [x, y] = start, memory = [[0, 0], [0, 0]];
    const points = [[x, y]];
    for (let t = 1; t <= steps; t++) {
      const g = gradient(x, y, p.kappa);
      const first = method(x, g[0], ...memory[0], t, p), second = method(y, g[1], ...memory[1], t, p);
      [x, ...memory[0]] = first;
      [y, ...memory[1]] = second;
      points.push([x, y]);
    }
    return points;
  };

  if (typeof document === "undefined") return;

  const svgNode = (parent, name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent.append(node);
    return node;
  };

  // What every picture has: its field, its sliders by name, a line that says the values, a button that puts all back.
  const open = (svg) => {
    const figure = svg.closest("figure");
    const field = svg.querySelector("svg.field");
    const size = field.getAttribute("viewBox").split(" ").slice(2).map(Number);
    const window = field.dataset.window.split(" ").map(Number);
    const controls = figure.querySelector(".play-controls");
    const inputs = Object.fromEntries([...controls.querySelectorAll("input")].map((input) => [input.dataset.name, input]));
    const said = figure.querySelector("output.play-said");
    controls.hidden = false;
    const value = (name) => Number(inputs[name].value);
    const place = (event) => {
      const box = field.getBoundingClientRect();
      const shown = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / shown.width;
      const px = (event.clientX - shown.left) * scale - Number(field.getAttribute("x"));
      const py = (event.clientY - shown.top) * scale - Number(field.getAttribute("y"));
      return [Math.max(0, Math.min(size[0], px)), Math.max(0, Math.min(size[1], py)), box];
    };
    const listen = (redraw) => {
      const tell = (input) => {
        const shown = input.parentElement.querySelector(".play-value");
        if (shown) shown.textContent = number(Number(input.value));
      };
      for (const input of Object.values(inputs)) {
        tell(input);
        input.addEventListener("input", () => {
          tell(input);
          redraw(input.dataset.name);
        });
      }
      controls.querySelector("button.play-reset").addEventListener("click", () => {
        for (const input of Object.values(inputs)) {
          input.value = input.defaultValue;
          tell(input);
        }
        redraw("");
      });
      return tell;
    };
    return { figure, field, size, window, inputs, value, said, place, listen, controls };
  };

  const linked = new Map();

  const playFunction = (svg, { value, slope, kinks }) => {
    const play = open(svg);
    const { x, y, path, back } = plane(play.window, play.size);
    const [curve, tangent] = [".value", ".slope"].map((name) => play.field.querySelector(`path${name}`));
    const names = Object.keys(play.inputs).filter((name) => name !== "cursor");
    const letter = svg.dataset.letter;
    for (const dot of play.field.querySelectorAll("circle.dot")) dot.remove();
    const dots = svgNode(play.field, "g", {});
    const marker = svgNode(play.field, "path", { class: "cursor" });
    const on = ["value", "slope"].map((name) => svgNode(play.field, "circle", { class: `at ${name}`, r: 4 }));
    const parameters = () => names.map(play.value);
    // At a kink the value is the engine's: the number of least size between the two sides.
    const slopeAt = (t, given, breaks) =>
      breaks.includes(t) ? least(slope(t - 1e-9, ...given), slope(t + 1e-9, ...given)) : slope(t, ...given);
    const cursor = () => {
      const t = play.value("cursor"), given = parameters(), breaks = kinks(...given);
      const found = [value(t, ...given), slopeAt(t, given, breaks)];
      marker.setAttribute("d", `M${x(t).toFixed(1)} 0v${play.size[1]}`);
      on.forEach((circle, k) => {
        circle.setAttribute("cx", x(t).toFixed(1));
        circle.setAttribute("cy", Number.isFinite(found[k]) ? y(found[k]).toFixed(1) : -99);
      });
      play.said.textContent = `${letter} = ${number(t)}   f(${letter}) = ${number(found[0])}   f′(${letter}) = ${number(found[1])}`;
    };
    const redraw = (name) => {
      if (name !== "cursor") {
        const given = parameters(), breaks = kinks(...given);
        curve.setAttribute("d", path((t) => value(t, ...given), breaks));
        tangent.setAttribute("d", path((t) => slope(t, ...given), breaks));
        dots.replaceChildren();
        for (const kink of breaks) {
          const sides = [slope(kink - 1e-9, ...given), slope(kink + 1e-9, ...given)];
          if (!(Math.abs(sides[1] - sides[0]) > 1e-6)) continue;
          svgNode(dots, "circle", { class: "dot slope", cx: x(kink).toFixed(1), cy: y(least(...sides)).toFixed(1), r: 3.2 });
        }
      }
      cursor();
    };
    const tell = play.listen((name) => {
      redraw(name);
      if (name === "cursor" || name === "") share(play.value("cursor"));
    });
    const group = play.figure.closest(".plays-linked");
    const others = linked.get(group) ?? [];
    if (group) linked.set(group, others);
    const follow = (t) => {
      play.inputs.cursor.value = t;
      tell(play.inputs.cursor);
      cursor();
    };
    others.push(follow);
    const share = (t) => {
      if (group) for (const other of others) if (other !== follow) other(t);
    };
    const point = (event) => {
      if (event.pointerType === "touch" && event.type === "pointermove" && !event.isPrimary) return;
      const step = Number(play.inputs.cursor.step);
      const t = Number((Math.round(back(play.place(event)[0]) / step) * step).toFixed(6));
      follow(t);
      share(t);
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    redraw("");
  };

  // A cursor that is moved by its slider and by a pointer over the picture; rounded to the slider's steps.
  const pointed = (svg, play, input, back, moved) => {
    const point = (event) => {
      const step = Number(input.step), at = back(play.place(event)[0]);
      input.value = Number((Math.round(at / step) * step).toFixed(6));
      moved();
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
  };

  const playSchedule = (svg, { rate }) => {
    const play = open(svg);
    const { x, y, back } = plane(play.window, play.size);
    const curve = play.field.querySelector("path.value");
    const names = Object.keys(play.inputs).filter((name) => name !== "cursor");
    const marker = svgNode(play.field, "path", { class: "cursor" });
    const on = svgNode(play.field, "circle", { class: "at value", r: 4 });
    const redraw = (name) => {
      const given = names.map(play.value), at = play.value("cursor"), found = rate(at, ...given);
      if (name !== "cursor") {
        let d = "";
        for (let step = 1; step <= play.window[1]; step++) d += `${d ? "L" : "M"}${x(step).toFixed(1)} ${y(rate(step, ...given)).toFixed(1)}`;
        curve.setAttribute("d", d);
      }
      marker.setAttribute("d", `M${x(at).toFixed(1)} 0v${play.size[1]}`);
      on.setAttribute("cx", x(at).toFixed(1));
      on.setAttribute("cy", y(found).toFixed(1));
      play.said.textContent = `t = ${at}   α = ${number(found)}`;
    };
    const tell = play.listen(redraw);
    pointed(svg, play, play.inputs.cursor, back, () => {
      tell(play.inputs.cursor);
      redraw("cursor");
    });
    redraw("");
  };

  const playDescent = (svg, surface) => {
    const play = open(svg), methods = globalThis.gradatlasFunctions.methods;
    const { x, y, back, up } = plane(play.window, play.size);
    const ways = [...play.field.querySelectorAll("g.way")].map((g) => [g.dataset.method, ...g.querySelectorAll("path")]);
    const called = svg.dataset.names.split(";");
    const start = play.field.querySelector("circle.start");
    const handle = svgNode(play.field, "circle", { class: "handle", r: 18 });
    const rings = [...play.field.querySelectorAll("ellipse.level")];
    const beyond = play.size[0] * far;
    const near = (px) => Math.max(-beyond, Math.min(beyond, px)).toFixed(1);
    const redraw = (name) => {
      const p = Object.fromEntries(Object.keys(play.inputs).map((key) => [key, play.value(key)]));
      const losses = ways.map(([method, curve, dots]) => {
        const points = playing.descend(surface, methods[method], [p.x, p.y], p.steps, p);
        const places = points.filter((point) => point.every(Number.isFinite)).map(([a, b]) => `${near(x(a))} ${near(y(b))}`);
        curve.setAttribute("d", `M${places.join("L")}`);
        dots.setAttribute("d", places.map((place) => `M${place}h0`).join(""));
        return surface.loss(...points.at(-1), p.kappa);
      });
      for (const circle of [start, handle]) {
        circle.setAttribute("cx", x(p.x).toFixed(1));
        circle.setAttribute("cy", y(p.y).toFixed(1));
      }
      if (name === "kappa" || name === "") {
        for (const ring of rings) ring.setAttribute("ry", (ring.dataset.across / Math.sqrt(p.kappa)).toFixed(1));
      }
      const bound = 2 / p.kappa;
      const sign = p.rate < bound ? "<" : p.rate > bound ? ">" : "=";
      const rule = rings.length ? `α = ${number(p.rate)} ${sign} 2/L = ${number(bound)}   ` : "";
      const shown = losses.map((loss, k) => `J${called.length > 1 ? ` (${called[k]})` : ""} = ${number(loss)}`);
      play.said.textContent = rule + shown.join("   ");
    };
    const tell = play.listen(redraw);
    // The start is dragged; a mouse may also press where it should be.
    let dragging = false;
    const drag = (event) => {
      const [px, py] = play.place(event);
      for (const [input, value] of [[play.inputs.x, back(px)], [play.inputs.y, up(py)]]) {
        input.value = value.toFixed(1);
        tell(input);
      }
      redraw("x");
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" && event.target !== handle) return;
      dragging = true;
      svg.setPointerCapture(event.pointerId);
      event.preventDefault();
      drag(event);
    });
    svg.addEventListener("pointermove", (event) => dragging && drag(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (dragging = false));
    redraw("");
  };

  const playFactor = (svg, { factor }) => {
    const play = open(svg);
    const { x, y, path, back } = plane(play.window, play.size);
    const curves = [".value", ".slope"].map((name) => play.field.querySelector(`path${name}`));
    const bound = play.field.querySelector(".two-over-l"), measured = play.field.querySelectorAll("circle.at");
    const marker = svgNode(play.field, "path", { class: "cursor" });
    const on = ["value", "slope"].map((name) => svgNode(play.field, "circle", { class: `at ${name}`, r: 4.5 }));
    const redraw = () => {
      const kappa = play.value("kappa"), at = play.value("cursor"), curvatures = [1, kappa];
      const factors = curvatures.map((curvature) => Math.abs(factor(at, curvature)));
      curves.forEach((curve, k) => curve.setAttribute("d", path((rate) => Math.abs(factor(rate, curvatures[k])), [1 / curvatures[k]])));
      bound.setAttribute("d", `M${x(2 / kappa).toFixed(1)} 0V${play.size[1]}`);
      for (const dot of measured) dot.classList.toggle("away", kappa !== Number(play.inputs.kappa.defaultValue));
      marker.setAttribute("d", `M${x(at).toFixed(1)} 0v${play.size[1]}`);
      on.forEach((circle, k) => {
        circle.setAttribute("cx", x(at).toFixed(1));
        circle.setAttribute("cy", y(factors[k]).toFixed(1));
      });
      const sign = at < 2 / kappa ? "<" : at > 2 / kappa ? ">" : "=";
      play.said.textContent = `α = ${number(at)} ${sign} 2/L = ${number(2 / kappa)}   |1 − αℓ| = ${number(factors[0])}   |1 − αL| = ${number(factors[1])}`;
    };
    const tell = play.listen(redraw);
    pointed(svg, play, play.inputs.cursor, back, () => {
      tell(play.inputs.cursor);
      redraw();
    });
    redraw();
  };

  const playBars = (svg, { probabilities }) => {
    const play = open(svg);
    const { y } = plane(play.window, play.size);
    const bars = play.field.querySelectorAll("rect.bar"), numbers = play.field.querySelectorAll("text.bar");
    const redraw = () => {
      const found = probabilities(...Object.keys(play.inputs).map(play.value));
      found.forEach((p, k) => {
        bars[k].setAttribute("y", y(p).toFixed(1));
        bars[k].setAttribute("height", (y(0) - y(p)).toFixed(1));
        numbers[k].setAttribute("y", (y(p) - 5).toFixed(1));
        numbers[k].textContent = number(Number(p.toPrecision(3)));
      });
      play.said.textContent = `p = ${found.map((p) => number(Number(p.toPrecision(3)))).join("   ")}`;
    };
    play.listen(redraw);
    redraw();
  };

  const kinds = {
    bars: playBars,
    function: playFunction,
    schedule: playSchedule,
    descent: playDescent,
    factor: playFactor,
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const svg of document.querySelectorAll("svg[data-play]")) {
      const entry = globalThis.gradatlasFunctions?.[svg.dataset.play];
      if (entry) kinds[svg.dataset.kind ?? "function"](svg, entry);
    }
  });
})();
