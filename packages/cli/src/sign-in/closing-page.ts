/** The page that the browser ends on. It needs nothing from anywhere, and may run nothing. */
export function closingPage(
  title: string,
  sentence: string,
): { readonly html: string; readonly headers: Readonly<Record<string, string>> } {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Grantway</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 1rem; text-align: center }
  h1 { font-size: 1.6rem; margin: 0 0 .5rem }
  p { margin: 0 }
</style>
<main>
  <h1>${escapeHtml(title)}</h1>
  <p>${escapeHtml(sentence)}</p>
</main>
</html>
`;
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      // The server closes after this answer and must not wait for a connection that the browser keeps.
      connection: 'close',
    },
  };
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
