import type { RedshiftDataClient } from '@aws-sdk/client-redshift-data';

/** An integer of 16 digits or more: JavaScript may have no such number. The quotes make it none inside of a text. */
const longValue = /\{\s*"longValue"\s*:\s*(-?\d{16,})\s*\}/g;

/**
 * Lets 64-bit integers arrive with all their digits. The SDK reads them as JavaScript numbers, which are wrong from
 * 2^53 on; so they are made texts in the answer before the SDK reads it. Inside a JSON string a quote is escaped, so
 * that no value can look like one of these.
 */
export function exactIntegers(client: RedshiftDataClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (typeof response === 'object' && response !== null && 'body' in response) {
        response.body = await rewritten(response.body);
      }
      return result;
    },
    // Behind the SDK's own reading of the answer, which is therefore done later.
    { step: 'deserialize', priority: 'low', name: 'exactIntegers' },
  );
}

async function rewritten(body: unknown): Promise<unknown> {
  if (!isReadable(body)) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.from(Buffer.concat(chunks).toString().replace(longValue, '{"stringValue":"$1"}'));
}

function isReadable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
