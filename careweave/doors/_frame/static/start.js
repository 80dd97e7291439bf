// What pages gain from a script: folding and forms of the components, lists by arrow keys, drafts,
// the warning before a session ends. Every page works without it.
import { initAll } from "/static/nhsuk-frontend.min.js";

const body = document.body;
const WARNING_S = 120;
const DRAFT_MS = 20000;
// Browsers refuse more in a request that outlives its page.
const KEEPALIVE_MOST = 60000;

function say(text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

function words(name, fallback) {
  const found = document.querySelector(`template[data-words="${name}"]`);
  return found ? found.content.textContent.trim() : fallback;
}

// The banner sticks: what is jumped to must not lie under it.
function measureBanner() {
  const banner = document.getElementById("banner");
  if (!banner) return;
  const set = () => {
    const sticks = getComputedStyle(banner).position === "sticky";
    const height = sticks ? Math.ceil(banner.getBoundingClientRect().height) : 0;
    document.documentElement.style.setProperty("--cw-banner-height", `${height}px`);
  };
  new ResizeObserver(set).observe(banner);
  addEventListener("resize", set);
  set();
}

// A list of work is one stop of the Tab key; arrows move within it.
function rove(list) {
  const links = () => [...list.querySelectorAll("a[href]")].filter((a) => a.closest("[data-roving]") === list);
  const rest = (chosen) => links().forEach((a) => { a.tabIndex = a === chosen ? 0 : -1; });
  if (links().length < 2) return;
  rest(links()[0]);
  list.addEventListener("focusin", (event) => { if (event.target.matches("a[href]")) rest(event.target); });
  list.addEventListener("keydown", (event) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = all[Math.min(all.length - 1, Math.max(0, to))];
    next.focus();
  });
}

// What is typed is kept on the server, never in the browser.
function keepDraft(form) {
  let kept = serialise(form);
  let running = false;
  function serialise(from) {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(from)) if (typeof value === "string") data.append(name, value);
    return data;
  }
  const changed = () => {
    const now = serialise(form);
    const strip = (all) => [...all].filter(([name]) => name !== "csrf" && name !== "form").toString();
    return strip(now) === strip(kept) ? null : now;
  };
  const keep = async () => {
    const now = changed();
    if (!now || running) return;
    running = true;
    const sent = new URLSearchParams(now);
    sent.set("act", "keep");
    try {
      // As a part of a page is asked for: a redirect would look alike, kept or signed out.
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: sent, redirect: "manual", credentials: "same-origin", keepalive: `${sent}`.length < KEEPALIVE_MOST,
        headers: { "HX-Request": "true" },
      });
      if (answer.ok) kept = now;
    } catch { /* without a network the next turn tries again */ }
    running = false;
  };
  setInterval(keep, DRAFT_MS);
  form.addEventListener("focusout", () => setTimeout(keep, 300));
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
}

// A session that ends takes the page with it, with or without a network.
function watchSession() {
  const idle = Number(body.dataset.idle);
  if (!idle) return;
  const absolute = Date.now() + Number(body.dataset.absolute) * 1000;
  let ends = Math.min(Date.now() + idle * 1000, absolute);
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("cw-session") : null;
  const dialog = warningDialog();
  const extend = () => {
    ends = Math.min(Date.now() + idle * 1000, absolute);
    if (dialog.open) dialog.close();
  };
  if (channel) {
    channel.postMessage("here");
    channel.onmessage = (event) => { if (event.data === "here") extend(); if (event.data === "ended") end(); };
  }
  async function stay() {
    try {
      const answer = await fetch(body.dataset.keep, {
        method: "POST", credentials: "same-origin", redirect: "manual",
        body: new URLSearchParams({ csrf: body.dataset.csrf }),
      });
      if (!answer.ok) return end();
    } catch { return; }
    extend();
    if (channel) channel.postMessage("here");
  }
  function end() {
    clearInterval(watch);
    for (const part of document.querySelectorAll("main,.cw-banner,.cw-bar,.cw-header,.cw-parts,dialog")) part.remove();
    document.title = words("ended", "You have been signed out");
    const said = document.createElement("main");
    said.id = "maincontent";
    said.tabIndex = -1;
    said.className = "cw-main";
    const heading = document.createElement("h1");
    heading.className = "cw-h1";
    heading.textContent = words("ended", "You have been signed out");
    const next = document.createElement("a");
    next.className = "cw-button";
    next.href = body.dataset.signedOut;
    next.textContent = words("again", "Sign in again");
    const line = document.createElement("p");
    line.append(next);
    said.append(heading, line);
    document.querySelector(".cw-page").replaceChildren(said);
    said.focus();
  }
  function warningDialog() {
    const made = document.createElement("dialog");
    made.className = "cw-command-dialog";
    const heading = document.createElement("h2");
    heading.id = "cw-ending";
    heading.textContent = words("ending", "You will be signed out in 2 minutes");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cw-button";
    button.textContent = words("stay", "Stay signed in");
    button.addEventListener("click", stay);
    made.setAttribute("aria-labelledby", heading.id);
    made.append(heading, button);
    made.addEventListener("cancel", stay);
    body.append(made);
    return made;
  }
  document.addEventListener("htmx:after:request", (event) => {
    const from = event.target;
    if (!(from instanceof Element && from.closest("[data-polled]"))) extend();
  });
  const watch = setInterval(() => {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) { if (channel) channel.postMessage("ended"); end(); }
    else if (left <= WARNING_S && !dialog.open && ends < absolute) { dialog.showModal(); say(words("ending", "You will be signed out in 2 minutes")); }
  }, 1000);
}

// A page taken from the browser's memory is asked for again: what may be seen is decided anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// A part of a page that came says so, once, politely.
document.addEventListener("htmx:after:swap", () => {
  const told = document.querySelector("[data-said]");
  if (told) { say(told.dataset.said); told.removeAttribute("data-said"); }
  document.querySelectorAll("[data-roving]").forEach(rove);
});

// A menu closes by Escape and by a step outside of it.
function closeMenus() {
  const menu = document.querySelector("details.cw-user");
  if (!menu) return;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
}

initAll();
measureBanner();
watchSession();
closeMenus();
document.querySelectorAll("[data-roving]").forEach(rove);
document.querySelectorAll("form[data-draft]").forEach(keepDraft);
const first = document.querySelector("[data-focus]");
if (first) first.focus();
