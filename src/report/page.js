"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const input = document.getElementById("find");
  const found = document.getElementById("found");
  const others = document.getElementById("others");
  const index = document.getElementById("index");
  const LISTED_MAX = 50;
  const number = (count) => count.toLocaleString("en-US");

  // What a link leads to is opened on the way.
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.classList.contains("asset") && target.hidden) {
      input.value = "";
      find();
    }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    const means = target.querySelector("details.means");
    if (means) means.open = true;
    target.scrollIntoView();
    if (target.tagName === "DETAILS") target.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  // A second click on the same link changes no hash.
  addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) open();
  });

  const timelines = all("#timelines > details").map((element) => {
    const summary = element.firstElementChild;
    return { element, text: (summary.textContent + " " + summary.dataset.find).toLowerCase() };
  });

  // The assets without a timeline are read when they are first asked for.
  let entities = null;
  const names = () => {
    if (!entities) entities = index ? JSON.parse(index.textContent) : [];
    return entities;
  };
  const quoted = (id) => /^[\w.:@%+-]+$/.test(id) ? id : "'" + id.replaceAll("'", "'\\''") + "'";
  const part = (name, text, className) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const listed = (words) => {
    let count = 0;
    const items = [];
    for (const { entity, states, ids, at } of names()) {
      const lower = entity.toLowerCase();
      const left = words.filter((word) => !lower.includes(word));
      const fits = states.map((state) => left.filter((word) => !state.toLowerCase().includes(word)));
      for (let i = 0; i < ids.length; i++) {
        const rest = fits[at[i]];
        if (rest.length && !rest.every((word) => ids[i].toLowerCase().includes(word))) continue;
        count += 1;
        if (items.length === LISTED_MAX) continue;
        const item = document.createElement("li");
        item.append(
          part("span", entity, "entity"), " ", part("code", ids[i], "id"), " ",
          part("span", states[at[i]], "state"), " ",
          part("code", `mediafold timeline ${entity} ${quoted(ids[i])} FILE…`, "dim"));
        items.push(item);
      }
    }
    return { count, items };
  };

  const find = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text } of timelines) {
      const fits = words.every((word) => text.includes(word));
      element.hidden = !fits;
      shown += fits;
    }
    const rest = words.length ? listed(words) : { count: 0, items: [] };
    others.replaceChildren(...rest.items);
    others.hidden = rest.items.length === 0;
    let text = `${number(shown)} of ${number(timelines.length)} timelines`;
    if (words.length && index) {
      text += `, ${number(rest.count)} other ${rest.count === 1 ? "asset" : "assets"}`;
      if (rest.count > LISTED_MAX) text += ` (the first ${LISTED_MAX} are listed)`;
    }
    found.textContent = text;
  };

  input.closest("search").hidden = false;
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 60);
  });
  const visible = () => timelines.map(({ element }) => element).filter((element) => !element.hidden);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      find();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = visible()[0];
      if (!first) return;
      event.preventDefault();
      if (event.key === "Enter") first.open = true;
      first.firstElementChild.focus();
    }
  });
  // From one asset to the next, and back to the search.
  document.getElementById("timelines").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "SUMMARY") return;
    event.preventDefault();
    const list = visible();
    const next = list[list.indexOf(event.target.parentElement) + step];
    (next ? next.firstElementChild : step < 0 ? input : event.target).focus();
  });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.scrollIntoView({ block: "center" });
    input.focus();
  });
  find();
  if (location.hash) open();
})();
