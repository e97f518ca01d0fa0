// Pagefind, with the pages first whose name is what was typed. Pagefind's own interface imports this file in Pagefind's place.
//
// Pagefind counts words: "dQ" is met more often in the proofs that use it than on its own page. Pagefind still finds the
// pages; pages.json beside its index, written by the build, has their titles and other names.

const { content } = document.querySelector('meta[name="search-bundle"]');
const bundle = new URL(content, document.baseURI);
const core = await import(new URL("pagefind.js", bundle).href);
let named = null;

// As names are compared: without the case, hyphens and articles.
const plain = (words) =>
  words
    .normalize("NFKC")
    .toLowerCase()
    .split(/[\s\-–—,:;，：；]+/)
    .filter((word) => word && !/^(the|an?)$/.test(word))
    .join(" ");

// By how much a page's names raise it. A name may be shared: it counts for most on the page that has it first.
const TITLE = 10;
const BEGINNING = 3;
const OWN = 2;
const SHARED = 1.5;
const HOLDING = 1.5; // and up to one more, the less the title says besides
const raised = ({ title, own, shared }, typed) => {
  if (title === typed) return TITLE;
  const named = own.includes(typed) ? OWN : shared.includes(typed) ? SHARED : 1;
  if (title.startsWith(typed)) return Math.max(named, BEGINNING);
  const holds = typed.split(" ").every((word) => title.includes(word));
  return holds ? Math.max(named, HOLDING + typed.length / title.length) : named;
};

const readNames = async () => {
  const pages = await (await fetch(new URL("pages.json", bundle))).json();
  const names = ([id, [title, own, shared]]) => [id, { title: plain(title), own: own.map(plain), shared: shared.map(plain) }];
  return new Map(Object.entries(pages).map(names));
};

const namesFirst = async (found, words) => {
  const typed = plain(words ?? "");
  if (!typed || !found?.results) return found;
  named ??= readNames();
  const pages = await named;
  const times = (id) => (pages.has(id) ? raised(pages.get(id), typed) : 1);
  const score = new Map(found.results.map((result) => [result, result.score * times(result.id)]));
  return { ...found, results: [...found.results].sort((a, b) => score.get(b) - score.get(a)) };
};

const withNames = (pagefind) => ({
  ...pagefind,
  search: async (words, settings) => namesFirst(await pagefind.search(words, settings), words),
  debouncedSearch: async (words, settings, wait) => {
    const found = await pagefind.debouncedSearch(words, settings, wait); // null where more has been typed since
    return found && namesFirst(found, words);
  },
});

export const createInstance = (settings) => withNames(core.createInstance(settings));
export const { options, init, destroy, preload, filters, mergeIndex, search, debouncedSearch } = withNames(core);
