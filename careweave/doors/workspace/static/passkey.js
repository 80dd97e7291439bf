// Asks the browser for a passkey and posts what it gives with the form that asked.
// Source: W3C Web Authentication level 3, sections 5.1.3 and 5.1.4.

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function described(list) {
  return (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
}

async function sign(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
  const given = await navigator.credentials.get({ publicKey });
  return told(given, {
    clientDataJSON: text(given.response.clientDataJSON),
    authenticatorData: text(given.response.authenticatorData),
    signature: text(given.response.signature),
    userHandle: text(given.response.userHandle),
  });
}

async function enrol(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return told(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  });
}

function told(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
}

function show(form, isTrouble) {
  const place = form.querySelector("[data-passkey-trouble]");
  if (place) place.hidden = !isTrouble;
}

async function asked(event) {
  const form = event.currentTarget;
  event.preventDefault();
  show(form, false);
  const act = form.dataset.passkey === "enrol" ? enrol : sign;
  try {
    form.elements.credential.value = await act(JSON.parse(form.dataset.options));
  } catch {
    show(form, true);
    return;
  }
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", asked);
}
