// In a build that is one of several: the link to the list of versions becomes a choice among them, on the same page.
(async () => {
  "use strict";
  const link = document.querySelector(".version-switch a");
  if (!link || !location.protocol.startsWith("http")) return;
  const answer = await fetch(link.dataset.versions);
  if (!answer.ok) return;
  const versions = await answer.json();
  const here = link.textContent.trim();
  const home = new URL(link.dataset.versions, location.href).href.replace(/versions\.json$/, "");
  const page = location.href.slice(`${home}${here}/`.length);
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", link.parentElement.getAttribute("aria-label"));
  for (const version of versions) choice.add(new Option(version, version, version === here, version === here));
  choice.addEventListener("change", async () => {
    const there = `${home}${choice.value}/`;
    const same = await fetch(there + page, { method: "HEAD" });
    location.href = same.ok ? there + page : `${there}index.html`;
  });
  link.replaceWith(choice);
})();
