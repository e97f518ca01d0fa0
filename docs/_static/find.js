// The page that finds formulas by shape: reads what is typed, looks it up in the index, and lists what is found. The index comes
// as a script when somebody first asks, so that the page is light, and works from a disk.
(() => {
  "use strict";

  const form = document.querySelector(".find-form");
  if (!form || !globalThis.gradatlasShapes || !globalThis.gradatlasTables) return;
  const SHOWN = 30;
  const { Shapes, ReadingError, filled, unpacked } = globalThis.gradatlasShapes;
  const words = JSON.parse(form.dataset.words);
  const field = form.querySelector("input"), said = form.querySelector(".find-said"), list = form.querySelector(".find-hits");
  const shapes = new Shapes(globalThis.gradatlasTables);
  const own = document.currentScript.src;

  let index = null, coming = null;
  const load = () => {
    coming ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = own.replace(/find\.js(\?.*)?$/, "find-index.js");
      script.onload = () => resolve((index = unpacked(globalThis.gradatlasFindIndex)));
      script.onerror = reject;
      document.head.append(script);
    });
    return coming;
  };

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const item = ({ place, claim, how }) => {
    const data = globalThis.gradatlasFindIndex, made = element("li");
    const line = element("p", "", "find-hit"), link = element("a", data.titles[place]);
    link.href = `formulas/${data.ids[place]}.html`;
    line.append(link, " ", element("span", words[how], `find-how find-${how}`));
    made.append(line);
    const small = element("p", "", "find-where");
    small.append(element("code", data.ids[place]));
    if (claim >= 0 && data.names[place].length) small.append(` · ${data.names[place][claim]}`);
    made.append(small);
    const statement = data.statements[place][Math.max(claim, 0)];
    if (statement) made.append(element("code", statement, "find-statement"));
    return made;
  };

  const show = (text, hits, refused = false) => {
    said.textContent = text;
    said.classList.toggle("find-refused", refused);
    field.setAttribute("aria-invalid", String(refused));
    list.replaceChildren(...hits.slice(0, SHOWN).map(item));
  };

  const counted = (n) => (n === 0 ? words.none : n === 1 ? words.one : filled(n > SHOWN ? words.found : words.few, { n, shown: SHOWN }));

  let asked = 0;
  const search = async (push) => {
    const text = field.value, turn = ++asked;
    if (!text.trim()) return show("", []);
    if (push) {
      const address = new URL(location.href);
      address.searchParams.set("q", text);
      try {
        history.replaceState(null, "", address);
      } catch {
        // a browser may refuse this for files
      }
    }
    try {
      shapes.read(text);
      if (!index) {
        said.textContent = words.loading;
        await load();
        if (turn !== asked) return undefined;
      }
      const hits = shapes.find(text, index);
      return show(counted(hits.length), hits);
    } catch (error) {
      if (error instanceof ReadingError) return show(filled(words[error.code], error.values), [], true);
      if (!index) return show(words.failed, [], true);
      throw error;
    }
  };

  let waiting = 0;
  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 250, true);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search(true);
  });
  for (const example of form.querySelectorAll(".find-example")) {
    example.addEventListener("click", () => {
      field.value = example.textContent;
      search(true);
      field.focus();
    });
  }
  form.hidden = false;
  document.querySelector(".find-still")?.remove();
  const first = new URLSearchParams(location.search).get("q");
  if (first) {
    field.value = first;
    search(false);
  }
})();
