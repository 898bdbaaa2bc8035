import { Refusal } from '../core/index.ts';

/** A file of a form. */
export interface UploadedFile {
  readonly bytes: Buffer;
}

/**
 * Reads a form that holds files (RFC 7578). A field that comes several times is a list, as in other forms.
 * @throws Refusal `request_invalid`
 */
export async function readMultipart(
  contentType: string,
  body: Buffer,
): Promise<Readonly<Record<string, unknown>>> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw new Refusal('request_invalid', { what: 'The form could not be read.' }, cause);
    });
  const fields: Record<string, unknown> = Object.create(null);
  for (const name of new Set(form.keys())) {
    const values = await Promise.all(form.getAll(name).map(readValue));
    fields[name] = values.length === 1 ? values[0] : values;
  }
  return fields;
}

async function readValue(value: string | Blob): Promise<string | UploadedFile> {
  return typeof value === 'string' ? value : { bytes: Buffer.from(await value.arrayBuffer()) };
}
