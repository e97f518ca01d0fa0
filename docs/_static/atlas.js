// The site's own script: search on Ctrl-K, a filter for long tables, keyboard access to formulas that scroll.
(() => {
  "use strict";
  const root = document.documentElement.dataset.content_root;
  const overHttp = location.protocol.startsWith("http");
  const chinese = document.documentElement.lang.startsWith("zh");
  const words = chinese
    ? { search: "搜索", filter: "按名称、编号或状态筛选" }
    : { search: "Search", filter: "Filter by name, id or status" };
  // One index serves all languages of the site; it shows the pages of the language that the page is in.
  const bundle = document.querySelector('meta[name="search-bundle"]')?.content ?? `${root}pagefind/`;

  // A formula or table that is wider than the page scrolls in its own box; the keyboard must be able to reach it. Done while
  // the browser has nothing else to do, some boxes at a time: to measure one it must be laid out, even far below the window,
  // where atlas.css leaves it for later; and it is what the box holds that is measured, for the box itself does not know yet.
  const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 5 }), 1));
  const scrolls = (box) => Math.max(box.scrollWidth, box.firstElementChild?.scrollWidth ?? 0) > box.clientWidth + 1;
  let boxes = null; // those still to be measured, while a round goes on
  const markSome = (deadline) => {
    do {
      const box = boxes.pop();
      if (!box) break;
      const marked = scrolls(box);
      box.classList.toggle("scrolls", marked);
      if (marked) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    } while (deadline.timeRemaining() > 1);
    if (boxes.length) whenIdle(markSome);
    else {
      boxes = null;
      document.documentElement.dataset.scrollers = "measured";
    }
  };
  const markScrollers = () => {
    const begun = boxes !== null;
    document.documentElement.dataset.scrollers = "measuring";
    boxes = [...document.querySelectorAll(".math-wrapper, .table-wrapper, .highlight pre")].reverse();
    if (!begun) whenIdle(markSome);
  };

  let modal = null;
  const openSearch = async () => {
    if (!modal) {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = `${bundle}pagefind-component-ui.css`;
      document.head.append(sheet);
      const config = document.createElement("pagefind-config");
      config.setAttribute("bundle-path", new URL(`${root}_static/search/`, document.baseURI).href);
      modal = document.createElement("pagefind-modal");
      modal.setAttribute("reset-on-close", "");
      document.body.append(config, modal);
      await import(new URL(`${bundle}pagefind-component-ui.js`, document.baseURI).href);
      await customElements.whenDefined("pagefind-modal");
    }
    modal.open();
  };

  const offerSearch = () => {
    const form = document.querySelector(".sidebar-search-container");
    if (!form || !overHttp) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "search-button";
    const keys = navigator.platform.startsWith("Mac") ? "⌘ K" : "Ctrl K";
    button.innerHTML = `<span>${words.search}</span><kbd>${keys}</kbd>`;
    button.addEventListener("click", openSearch);
    form.replaceWith(button);
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (overHttp) openSearch();
      else document.querySelector(".sidebar-search")?.focus();
    }
  });

  const offerFilter = () => {
    const tables = document.querySelectorAll("table.formulas");
    if (!tables.length) return;
    const input = document.createElement("input");
    input.type = "search";
    input.className = "table-filter";
    input.placeholder = words.filter;
    input.setAttribute("aria-label", input.placeholder);
    tables[0].closest("section").before(input);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const table of tables) {
        let any = false;
        for (const row of table.tBodies[0].rows) {
          const text = row.textContent.toLowerCase();
          row.hidden = !words.every((word) => text.includes(word));
          any ||= !row.hidden;
        }
        table.closest("section").hidden = !any;
      }
    });
  };

  offerSearch();
  offerFilter();
  addEventListener("load", markScrollers);
  addEventListener("resize", markScrollers);
  addEventListener("toggle", markScrollers, true); // what was folded had no width
  document.fonts?.addEventListener("loadingdone", markScrollers);
})();
