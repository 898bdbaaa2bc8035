// Passkeys are the one thing here that a page cannot do without a script: the browser makes and uses them by this
// interface alone. A form that is about one says in data-passkey what to ask for, and is sent with what came of it.
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const complaint = form.querySelector('[data-complaint]');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    complaint.hidden = true;
    try {
      const asked = JSON.parse(form.dataset.passkey);
      const credential =
        form.dataset.passkeyKind === 'make'
          ? await navigator.credentials.create({
              publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked),
            })
          : await navigator.credentials.get({
              publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked),
            });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      complaint.hidden = false;
    }
  });
}
