"use strict";
/* What a page does besides being one: it works without any of this. It looks again by itself, filters without loading
   the page anew, and goes by keys. Nothing is asked of another host. */
const EVERY = 10000;
const main = document.getElementById("main");
const state = document.getElementById("state");
document.documentElement.classList.add("js");
let shown = main.innerHTML;  // as it came; grids and what is open change it

const busy = () => document.hidden || main.contains(document.activeElement) && document.activeElement.matches("input, select, button, summary") || String(getSelection()) !== "";

/* What is open stays open, and what has the focus keeps it, when the page is shown anew. */
function replace(found) {
  const opened = new Set([...main.querySelectorAll("details[open]")].map(place));
  const focused = main.contains(document.activeElement) && document.activeElement !== main ? document.activeElement : null;
  const nth = focused?.matches("a") ? alike(focused).indexOf(focused) : 0;
  main.replaceChildren(...found.childNodes);
  grids();
  for (const one of main.querySelectorAll("details")) if (opened.has(place(one))) one.open = true;
  if (!focused) return;
  const same = focused.name ? main.querySelector(`form[data-filters] [name="${CSS.escape(focused.name)}"]`) : alike(focused)[nth];
  if (same?.matches("input")) same.value = focused.value;  // what was typed meanwhile
  (same ?? main).focus({ preventScroll: true });  // what is gone leaves its place to the page
  if (same?.matches("input")) same.setSelectionRange(focused.selectionStart, focused.selectionEnd);
}

/* One address may be linked from several places, as a figure from its tile and its table. */
function alike(link) {
  return [...main.querySelectorAll("a")].filter(one => one.getAttribute("href") === link.getAttribute("href"));
}

function place(details) {
  return details.id || [...main.querySelectorAll("details")].indexOf(details) + details.querySelector("summary").textContent;
}

async function look(address) {
  const answer = await fetch(address, { headers: { "X-Requested-With": "console" } });
  if (answer.redirected && new URL(answer.url).pathname !== new URL(address, location.href).pathname) return location.assign(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("main");
  if (new URL(address, location.href).href !== location.href) return true;  // something else was asked for meanwhile
  if (answer.ok && shown !== found.innerHTML) {
    shown = found.innerHTML;
    replace(found);
  }
  return answer.ok;
}

async function again() {
  if (busy()) return;
  const asked = location.href;
  try {
    const fine = await look(asked);
    if (state) state.textContent = fine ? "" : state.dataset.stale;
  } catch {
    if (state) state.textContent = state.dataset.stale;
  }
}
if (main.dataset.live === "yes" && state) setInterval(again, EVERY);

/* Filters */
async function filter(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = form.getAttribute("action") + (String(query) ? "?" + query : "");
  history.pushState(null, "", address);
  if (!await look(address)) location.assign(address);
}
let waiting = 0;
main.addEventListener("change", event => {
  const form = event.target.closest("form[data-filters]");
  if (form && event.target.matches("select")) filter(form);
});
main.addEventListener("input", event => {
  const form = event.target.closest("form[data-filters]");
  if (!form || !event.target.matches("input")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => filter(form), 300);
});
main.addEventListener("submit", event => {
  if (!event.target.matches("form[data-filters]")) return;
  event.preventDefault();
  clearTimeout(waiting);
  filter(event.target);
});
addEventListener("popstate", () => look(location.href));

/* Grids: a table of links is one stop of Tab, and arrows, Home and End go from link to link inside (WAI-ARIA, Grid).
   Without a script it is a table in which each link is a stop. */
function grids() {
  for (const table of main.querySelectorAll("table[data-grid]")) {
    table.setAttribute("role", "grid");
    const there = [...table.querySelectorAll("a")].filter(one => one.offsetParent);
    enter(there.find(one => one.tabIndex === 0 && one.hasAttribute("tabindex")) ?? there.find(one => one.matches("[aria-current]")) ?? there[0]);
  }
}
function enter(link) {
  for (const one of link?.closest("table").querySelectorAll("a") ?? []) one.tabIndex = one === link ? 0 : -1;
}
function step(link, key, isFar) {
  const links = [...link.closest("table").rows].map(row => [...row.cells].map(cell => {
    const one = cell.querySelector("a");
    return one?.offsetParent ? one : null;
  }));
  const y = links.findIndex(row => row.includes(link)), row = links[y], x = row.indexOf(link), column = links.map(one => one[x]);
  if (isFar) return { Home: links.flat().find(Boolean), End: links.flat().findLast(Boolean) }[key];
  return {
    ArrowRight: row.slice(x + 1).find(Boolean) ?? link,
    ArrowLeft: row.slice(0, x).findLast(Boolean) ?? link,
    ArrowDown: column.slice(y + 1).find(Boolean) ?? link,
    ArrowUp: column.slice(0, y).findLast(Boolean) ?? link,
    Home: row.find(Boolean),
    End: row.findLast(Boolean),
  }[key];
}
grids();
addEventListener("resize", grids);
main.addEventListener("focusin", event => {
  if (event.target.matches("table[data-grid] a")) enter(event.target);
});
main.addEventListener("keydown", event => {
  if (event.metaKey || event.altKey || event.shiftKey || !event.target.matches("table[data-grid] a")) return;
  const next = step(event.target, event.key, event.ctrlKey);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

/* Keys */
addEventListener("keydown", event => {
  const typing = event.target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const menu = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
  if (typing) return;
  if (event.key === "/") { event.preventDefault(); document.getElementById("find")?.focus(); return; }
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...main.querySelectorAll("[data-rows] a[data-row]")];
  const now = rows.indexOf(document.activeElement);
  if (!by || now < 0) return;
  event.preventDefault();
  rows[Math.min(rows.length - 1, Math.max(0, now + by))].focus();
});
document.addEventListener("focusin", event => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("click", event => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
