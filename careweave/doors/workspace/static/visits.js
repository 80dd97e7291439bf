// The copy of the visit list on a device: ciphertext under a PIN and a key that cannot leave the
// browser, gone after twelve hours, five wrong PINs or the first contact that says so. What is
// written is sealed to the server at once, and outlives the copy and the session.
// What this cannot stop (a copied disk with the PIN, a patched browser) is in the threat notes.
const ROUNDS = 600000;
const TRIES = 5;
const LOCK_MS = 300000;
const TICK_MS = 15000;
const BATCH = 25;
const HOME = "/workspace/visits";

const app = document.getElementById("visits-app");
const along = document.getElementById("along");
const isOnline = app.dataset.isOnline === "yes";
const text = new TextEncoder();
const plain = new TextDecoder();

let store = null;
let meta = null;
let dataKey = null;
let anchor = { at: 0, ran: 0 };
let lastAct = 0;

const word = (name) => document.querySelector(`template[data-words="${name}"]`).content.textContent.trim();
const fill = (name) => app.querySelectorAll(`[data-fill="${name}"]`);
const say = (...told) => { for (const place of fill("said")) place.textContent = told.join(" "); };
const show = (name, is) => { for (const part of app.querySelectorAll(`[data-state-of="${name}"]`)) part.hidden = !is; };

// ---- the store -------------------------------------------------------------------------------
function openStore() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("careweave-visits", 1);
    asked.onupgradeneeded = () => {
      for (const name of ["meta", "keys", "people", "mine", "outbox"]) asked.result.createObjectStore(name);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function act(names, mode, work) {
  return new Promise((resolve, reject) => {
    const turn = store.transaction(names, mode);
    const asked = work(...names.map((name) => turn.objectStore(name)));
    turn.oncomplete = () => resolve(asked && asked.result);
    turn.onerror = turn.onabort = () => reject(turn.error);
  });
}

const get = (name, key) => act([name], "readonly", (s) => s.get(key));
const put = (name, key, value) => act([name], "readwrite", (s) => s.put(value, key));
const drop = (name, key) => act([name], "readwrite", (s) => s.delete(key));
const keys = (name) => act([name], "readonly", (s) => s.getAllKeys());
// Names and values of one moment: what is dropped meanwhile is in neither.
const every = async (name) => {
  let named;
  const values = await act([name], "readonly", (s) => { named = s.getAllKeys(); return s.getAll(); });
  return named.result.map((key, at) => [key, values[at]]);
};

// ---- time: the clock, and the latest time that was ever seen ---------------------------------
function now() {
  const run = anchor.at + (performance.now() - anchor.ran);
  return Math.max(Date.now(), meta ? meta.latest : 0, anchor.at ? run : 0);
}

function anchorTime() {
  anchor = { at: Math.max(Date.now(), meta ? meta.latest : 0), ran: performance.now() };
}

// What stands in the store counts: another window may have tried, seen later or wiped meanwhile.
async function amend(change) {
  const { copy } = meta;
  let kept = null;
  await act(["meta"], "readwrite", (m) => {
    const asked = m.get("copy");
    asked.onsuccess = () => {
      if (!asked.result || asked.result.copy !== copy) return;
      kept = asked.result;
      change(kept);
      m.put(kept, "copy");
    };
    return asked;
  });
  // A copy that was taken meanwhile is another one.
  if (!meta || meta.copy !== copy) return;
  meta = kept;
  if (!meta) await lock();
}

async function seen() {
  const at = Math.floor(now());
  await amend((kept) => { kept.latest = Math.max(kept.latest, at); });
}

// ---- keys and ciphertext ---------------------------------------------------------------------
const bytes = (n) => crypto.getRandomValues(new Uint8Array(n));
const b64 = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw)));
const raw64 = (told) => Uint8Array.from(atob(told), (c) => c.charCodeAt(0));

async function encrypt(key, value, bound) {
  const iv = bytes(12);
  const made = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(bound) }, key, value);
  return { iv, made };
}

const decrypt = (key, sealed, bound) =>
  crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv, additionalData: text.encode(bound) }, key, sealed.made);

const hide = async (value, bound) => encrypt(dataKey, text.encode(JSON.stringify(value)), bound);
const reveal = async (sealed, bound) => JSON.parse(plain.decode(await decrypt(dataKey, sealed, bound)));

async function pinKey(pin, salt, rounds) {
  const material = await crypto.subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, material,
    { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
}

const dataKeyOf = (raw) => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

// Only the server opens this: a key of its own for each thing written, thrown away at once.
async function seal(value) {
  const server = await crypto.subtle.importKey("raw", raw64(meta.key), { name: "ECDH", namedCurve: "P-256" }, false, []);
  const once = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: server }, once.privateKey, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = text.encode(`careweave visit list ${meta.copy}`);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, material,
    { name: "AES-GCM", length: 256 }, false, ["encrypt"],
  );
  const sealed = await encrypt(key, text.encode(JSON.stringify(value)), meta.copy);
  const point = await crypto.subtle.exportKey("raw", once.publicKey);
  return { e: b64(point), i: b64(sealed.iv), c: b64(sealed.made) };
}

// ---- taking, opening, wiping -----------------------------------------------------------------
async function post(path, fields) {
  const body = new URLSearchParams({ csrf: app.dataset.csrf, ...fields });
  const answer = await fetch(`${HOME}/${path}`, {
    method: "POST", body, credentials: "same-origin", headers: { "HX-Request": "true" }, cache: "no-store",
  });
  if (!answer.ok) { const error = new Error(path); error.status = answer.status; throw error; }
  return answer.json();
}

async function take(pin) {
  say(word("taking"));
  const taken = await post("copy", { form: app.dataset.form });
  await wipe();
  const raw = bytes(32);
  const salt = bytes(16);
  const device = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  dataKey = await dataKeyOf(raw);
  const inner = await encrypt(await pinKey(pin, salt, ROUNDS), raw, taken.copy);
  const outer = await encrypt(device, inner.made, taken.copy);
  raw.fill(0);
  const people = [];
  for (const one of taken.people) people.push([one.ticket, await hide(one, one.ticket)]);
  const started = Date.now();
  meta = {
    copy: taken.copy, key: taken.key, salt, rounds: ROUNDS, tries: 0, latest: started,
    expires: started + (taken.expires_at - taken.made_at), ahead: taken.made_at - started,
    wrapped: outer, inside: inner.iv,
  };
  await act(["meta", "keys", "people"], "readwrite", (m, k, p) => {
    k.put(device, "device");
    for (const [ticket, sealed] of people) p.put(sealed, ticket);
    return m.put(meta, "copy");
  });
  anchorTime();
  say(word("taken"));
  await draw();
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
}

async function unlock(pin) {
  await tick();
  if (meta) await amend((kept) => { kept.tries += 1; });
  if (!meta) return;
  try {
    if (meta.tries > TRIES) throw new Error("tries");
    const device = await get("keys", "device");
    const inner = await decrypt(device, meta.wrapped, meta.copy);
    const key = await pinKey(pin, meta.salt, meta.rounds);
    const raw = await decrypt(key, { iv: meta.inside, made: inner }, meta.copy);
    dataKey = await dataKeyOf(raw);
  } catch {
    if (meta.tries >= TRIES) { await wipe(); await draw(); return say(word("wiped")); }
    return say(word("wrong"), String(TRIES - meta.tries));
  }
  await amend((kept) => { kept.tries = 0; });
  if (!meta) return;
  anchorTime();
  say("");
  await draw();
}

// What can be read goes; what is sealed for the server stays until it is sent.
async function wipe() {
  dataKey = null;
  meta = null;
  anchor = { at: 0, ran: 0 };
  for (const place of fill("people")) place.replaceChildren();
  await act(["meta", "keys", "people", "mine"], "readwrite", (m, k, p, w) => { m.clear(); k.clear(); p.clear(); return w.clear(); });
}

function lock() {
  dataKey = null;
  for (const place of fill("people")) place.replaceChildren();
  return draw();
}

async function tick() {
  if (!meta) return;
  if (now() >= meta.expires) { await wipe(); await draw(); return say(word("expired")); }
  await seen();
  if (dataKey && performance.now() - lastAct > LOCK_MS) await lock();
}

// ---- writing ---------------------------------------------------------------------------------
async function keepEdit(person, kind, written) {
  await tick();
  if (!meta || !dataKey) return;
  if (kind === "access") {
    for (const [id, sealed] of await every("mine")) {
      const before = await reveal(sealed, id);
      // The newer text of one person takes the place of the older one that nobody has seen.
      if (before.ticket === person.ticket && before.kind === kind) await act(["mine", "outbox"], "readwrite", (m, o) => { m.delete(id); return o.delete(id); });
    }
  }
  const id = crypto.randomUUID();
  const edit = { id, ticket: person.ticket, kind, text: written, at: Math.round(now() + meta.ahead) };
  if (kind === "access") Object.assign(edit, { entry: person.access.entry, base: person.access.version });
  const sealed = await seal(edit);
  const mine = await hide({ ticket: person.ticket, kind, text: written }, id);
  const copy = meta.copy;
  await act(["mine", "outbox"], "readwrite", (m, o) => { m.put(mine, id); return o.put({ copy, sealed }, id); });
  say(word("saved"));
  await draw();
}

async function noteLook(person) {
  const id = crypto.randomUUID();
  const sealed = await seal({ id, ticket: person.ticket, kind: "look", at: Math.round(now() + meta.ahead) });
  await put("outbox", id, { copy: meta.copy, sealed });
  await countWaiting();
}

// ---- bringing it back ------------------------------------------------------------------------
function ofSomebodyElse(error) {
  if (error.status !== 404) throw error;
}

// What another user of this device wrote waits for them, and holds up nobody.
async function sync() {
  const waiting = await every("outbox");
  if (!waiting.length) return {};
  const counted = {};
  const copies = new Set(waiting.map(([, one]) => one.copy));
  for (const copy of copies) {
    const mine = waiting.filter(([, one]) => one.copy === copy);
    for (let at = 0; at < mine.length; at += BATCH) {
      const items = mine.slice(at, at + BATCH).map(([id, one]) => ({ id, sealed: one.sealed }));
      const answer = await post("sync", { copy, items: JSON.stringify(items) }).catch(ofSomebodyElse);
      if (!answer) break;
      for (const [id, became] of Object.entries(answer.became)) {
        counted[became] = (counted[became] || 0) + 1;
        if (["filed", "conflict", "left", "held"].includes(became)) await act(["mine", "outbox"], "readwrite", (m, o) => { m.delete(id); return o.delete(id); });
      }
    }
  }
  return counted;
}

async function contact() {
  if (!meta) return "";
  const { tickets, is_over: isOver } = await post("contact", { copy: meta.copy });
  if (isOver) { await wipe(); return word("over"); }
  const gone = (await keys("people")).filter((ticket) => !tickets.includes(ticket));
  for (const ticket of gone) await drop("people", ticket);
  return gone.length ? `${word("removed")} ${gone.length}.` : "";
}

async function bringBack() {
  let removed = "";
  try {
    // First what may not be read any more, whatever becomes of what was written.
    removed = await contact();
    await draw();
    const counted = await sync();
    const told = [];
    if (counted.filed) told.push(word("sent"), `${counted.filed}.`);
    if (counted.conflict) told.push(word("conflicts"), `${counted.conflict}.`);
    if (counted.held) told.push(word("held"), `${counted.held}.`);
    if (counted.refused) told.push(word("refused"), `${counted.refused}.`);
    told.push(removed);
    say(...told);
    await draw();
    // The server shows both texts of what is in conflict, and what it has not filed.
    if (counted.conflict || counted.held) location.reload();
  } catch (error) {
    say(word(error.status === 401 ? "signin" : "offline"), removed);
  }
}

// ---- what is seen ----------------------------------------------------------------------------
function make(tag, told, kind) {
  const made = document.createElement(tag);
  if (told) made.textContent = told;
  if (kind) made.className = kind;
  return made;
}

function labelled(label, value) {
  const line = make("p");
  line.append(make("span", label, "cw-label"), " ", make("b", value));
  return line;
}

function voiceLine(voice) {
  const line = make("div", "", voice.is_old ? "cw-voice cw-voice--old" : "cw-voice");
  line.append(make("p", voice.text, "cw-voice__what"), make("p", `${voice.source} ${voice.when}`, "cw-voice__by"));
  return line;
}

function factRow(fact) {
  const row = make("li", "", fact.differs ? "cw-fact cw-fact--differs" : "cw-fact");
  const title = make("p", fact.title, "cw-fact__title");
  if (fact.is_high_risk) title.append(" ", make("span", word("risk"), "cw-tag cw-tag--risk"));
  row.append(title);
  if (fact.act) row.append(make("p", fact.act, "cw-act"));
  if (fact.differs) row.append(make("p", `${word("differs")}: ${fact.differs}`, "cw-differs"));
  row.append(...fact.voices.map(voiceLine));
  return row;
}

function sectionPart(section) {
  const part = make("div");
  for (const warning of section.warnings) part.append(make("p", warning, "cw-warning"));
  if (section.text) part.append(make("p", section.text, `cw-state cw-state--${section.state.toLowerCase()}`));
  for (const group of section.groups) {
    if (group.title) part.append(make("h5", group.title, "cw-group__title"));
    const rows = make("ul", "", "cw-facts");
    rows.append(...group.facts.map(factRow));
    part.append(rows);
    if (group.n_more) part.append(make("p", `+${group.n_more} ${word("more")}`, "cw-quiet"));
  }
  for (const line of section.lines) part.append(make("p", line, "cw-state"));
  return part;
}

function writing(person, kind, value) {
  const form = make("form", "", "cw-field");
  const area = make("textarea", value);
  area.id = `${kind}-${person.ticket}`;
  area.rows = 3;
  area.maxLength = 4000;
  area.required = true;
  area.dataset.kind = kind;
  const label = make("label", word(kind));
  label.htmlFor = area.id;
  const button = make("button", word("keep"), "cw-button cw-button--plain");
  button.type = "submit";
  form.append(label, area, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keepEdit(person, kind, area.value.trim());
  });
  return form;
}

function personCard(person, mine) {
  const card = make("li", "", "cw-visit");
  card.dataset.visit = "";
  const fold = make("details");
  const head = make("summary");
  head.append(make("b", person.name), " ", make("span", person.born), " ", make("span", person.number, "cw-quiet"));
  fold.append(head);
  let isTold = false;
  fold.addEventListener("toggle", () => { if (fold.open && !isTold) { isTold = true; noteLook(person); } });
  if (person.preferred) fold.append(make("p", person.preferred));
  for (const note of person.notes) fold.append(make("p", note, "cw-banner__note"));
  fold.append(labelled(word("address"), person.address), labelled(word("phone"), person.phone));
  for (const [title, found] of [["allergies", person.allergies], ["alerts", null]]) {
    fold.append(make("h4", word(title)));
    fold.append(...(found ? found.map(sectionPart) : person.alerts.map(voiceLine)));
  }
  if (person.access.text) fold.append(labelled(word("access"), person.access.text));
  for (const one of mine) {
    const told = make("p", "", "cw-said cw-said--waiting");
    told.append(make("b", `${word("mine")}: ${word(one.kind)}`), " ", one.text);
    fold.append(told);
  }
  fold.append(writing(person, "note", ""), writing(person, "access", person.access.text));
  for (const widget of person.widgets) {
    fold.append(make("h4", widget.title));
    if (widget.text) fold.append(make("p", widget.text));
    fold.append(...widget.sections.map(sectionPart));
  }
  fold.append(make("p", `${word("asof")} ${person.as_of}`, "cw-asof"));
  card.append(fold);
  return card;
}

async function countWaiting() {
  const n = (await keys("outbox")).length;
  for (const place of fill("waiting")) place.textContent = String(n);
  show("waiting", n > 0);
  show("sync", n > 0);
}

async function draw() {
  along.hidden = false;
  const isOpen = Boolean(meta && dataKey);
  show("none", !meta && isOnline);
  show("locked", Boolean(meta) && !isOpen);
  if (!isOpen) show("open", false);
  show("drop", Boolean(meta));
  await countWaiting();
  for (const place of fill("until")) place.textContent = meta ? new Date(meta.expires).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  if (!isOpen) return;
  const opened = new Set([...app.querySelectorAll("[data-visit] details[open]")].map((one) => one.dataset.ticket));
  let cards;
  try {
    cards = await drawn();
  } catch {
    await lock();
    return say(word("unread"));
  }
  if (!dataKey) return;
  for (const place of fill("people")) place.replaceChildren(...cards.map(([, card]) => card));
  for (const [ticket, card] of cards) if (opened.has(ticket)) card.querySelector("details").open = true;
  // Only now: an open list that is still empty reads as nobody to visit.
  show("open", true);
}

// The cards by ticket, in the order of names. It may be locked at each wait: then nothing is read.
async function drawn() {
  const mine = [];
  for (const [id, sealed] of await every("mine")) if (dataKey) mine.push(await reveal(sealed, id));
  const people = [];
  for (const [ticket, sealed] of await every("people")) if (dataKey) people.push([ticket, await reveal(sealed, ticket)]);
  people.sort(([, a], [, b]) => a.name.localeCompare(b.name));
  return people.map(([ticket, person]) => {
    const card = personCard(person, mine.filter((one) => one.ticket === ticket));
    card.querySelector("details").dataset.ticket = ticket;
    return [ticket, card];
  });
}

// ---- beginning -------------------------------------------------------------------------------
app.addEventListener("submit", async (event) => {
  const what = event.target.dataset.do;
  if (!what) return;
  event.preventDefault();
  const inputs = [...event.target.querySelectorAll("input")];
  const pin = inputs[0].value;
  try {
    await asked(what, pin, inputs);
  } finally {
    for (const input of inputs) input.value = "";
  }
});

async function asked(what, pin, inputs) {
  if (what === "take") {
    if (!/^[0-9]{8,}$/.test(pin)) return say(word("short"));
    if (pin !== inputs[1].value) return say(word("mismatch"));
    try { await take(pin); } catch (error) { await draw(); say(word(error.status === 401 ? "signin" : "untaken")); }
  } else if (what === "unlock") {
    await unlock(pin);
  }
}
app.addEventListener("click", async (event) => {
  const what = event.target.dataset && event.target.dataset.do;
  if (what === "lock") await lock();
  if (what === "drop") { await wipe(); await draw(); say(""); }
  if (what === "sync" && isOnline) { event.preventDefault(); await bringBack(); }
});
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { lastAct = performance.now(); });

async function begin() {
  if (!("serviceWorker" in navigator) || !crypto.subtle || !indexedDB) {
    along.hidden = false;
    return say(word("noscript"));
  }
  store = await openStore();
  meta = (await get("meta", "copy")) || null;
  anchorTime();
  await tick();
  await draw();
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  navigator.serviceWorker.register(`${HOME}-sw.js`, { scope: HOME });
  if (isOnline) await bringBack();
  else addEventListener("online", () => say(word("signin")));
}

begin();
