"use strict";
/* What a page does besides being one: it works without any of this. It looks again by itself, filters without loading
   the page anew, and goes by keys. Nothing is asked of another host. */
const EVERY = 10000;
const main = document.getElementById("main");
const state = document.getElementById("state");
document.documentElement.classList.add("js");

const busy = () => document.hidden || main.contains(document.activeElement) && document.activeElement.matches("input, select, button, summary") || String(getSelection()) !== "";

/* What is open stays open, and what has the focus keeps it, when the page is shown anew. */
function replace(found) {
  const opened = new Set([...main.querySelectorAll("details[open]")].map(place));
  const focused = main.contains(document.activeElement) && document.activeElement !== main ? document.activeElement : null;
  const nth = focused?.matches("a") ? alike(focused).indexOf(focused) : 0;
  main.replaceChildren(...found.childNodes);
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
  if (answer.ok && main.innerHTML !== found.innerHTML) replace(found);
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
