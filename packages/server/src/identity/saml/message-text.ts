import { inflateRawSync } from 'node:zlib';

/** Far more than a person with a thousand groups needs; base64 makes it 256 KiB. */
export const mostMessageBytes = 192 * 1024;

/**
 * Of one message. A person with a thousand groups has fewer; beyond, the libraries' paths through a document cost the
 * square of its elements, and anybody may post one.
 */
const most = { elements: 1_500, attributes: 3_000, depth: 50 } as const;

/** What came of unpacking a message. */
export type TextReading =
  | { readonly outcome: 'read'; readonly xml: string }
  /** `detail` holds nothing of the message. */
  | { readonly outcome: 'refused'; readonly detail: string };

/** The text of a message of the binding HTTP-POST (SAML bindings, section 3.5.4): base64. */
export function textOfForm(encoded: string): TextReading {
  const bytes = bytesOf(encoded);
  return bytes === undefined ? refused('it is no base64, or too large') : textOf(bytes);
}

/** The text of a message of the binding HTTP-Redirect (section 3.4.4.1): base64 of what DEFLATE made. */
export function textOfQuery(encoded: string): TextReading {
  const bytes = bytesOf(encoded);
  if (bytes === undefined) return refused('it is no base64, or too large');
  try {
    return textOf(inflateRawSync(bytes, { maxOutputLength: mostMessageBytes }));
  } catch {
    return refused('it is not deflated, or too large');
  }
}

/**
 * Looks at the text before any parser does. No `<!` at all: a DOCTYPE brings entities, a comment cuts names in two for
 * some readers, and no provider sends either. @returns what is wrong, or undefined
 */
export function textFault(xml: string): string | undefined {
  if (Buffer.byteLength(xml) > mostMessageBytes) return 'it is too large';
  if (xml.includes('<!')) return 'it has a DOCTYPE, a comment or CDATA';
  if (xml.includes('\0')) return 'it has a NUL';
  const declaration =
    /^<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["']\w+["'])?\s*\?>/i;
  if (xml.replace(declaration, '').includes('<?'))
    return 'it has a processing instruction or another encoding';
  if (countOf(xml, /=\s*["']/g) > most.attributes) return 'it has too many attributes';
  if (countOf(xml, /<[^/]/g) > most.elements) return 'it has too many elements';
  return depthOf(xml) > most.depth ? 'its elements are nested too deeply' : undefined;
}

function refused(detail: string): TextReading {
  return { outcome: 'refused', detail };
}

function bytesOf(encoded: string): Buffer | undefined {
  if (encoded.length > (mostMessageBytes / 3) * 4 + 8_192) return undefined;
  const compact = encoded.replace(/[\r\n\t ]/g, '');
  return compact !== '' && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
    ? Buffer.from(compact, 'base64')
    : undefined;
}

function textOf(bytes: Buffer): TextReading {
  let xml: string;
  try {
    xml = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused('it is not UTF-8');
  }
  const fault = textFault(xml);
  return fault === undefined ? { outcome: 'read', xml } : refused(fault);
}

function countOf(xml: string, pattern: RegExp): number {
  let count = 0;
  for (const _ of xml.matchAll(pattern)) count += 1;
  return count;
}

/** How deep elements are nested, by their tags alone: the parsers recurse. */
function depthOf(xml: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [, closes, closed] of xml.matchAll(/<(\/?)(?:[^<>"']|"[^"<]*"|'[^'<]*')*?(\/?)>/g)) {
    if (closes === '/') depth -= 1;
    else if (closed !== '/') depth += 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
