import { createHmac, timingSafeEqual } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissingFile } from './missing-file.ts';
import { type ChainHead, chainStart } from './record-line.ts';
import { syncDirectory } from './segments.ts';

/**
 * How far the beginning of a log was removed because of its age, signed: what is left can be checked from there on, and
 * nobody without the key can cut off a beginning and call it that.
 *
 * It lies beside the records and not in the store, so that a copy of the folder can be verified whatever the age of
 * the store's backup. An older mark that is put back authorises nothing that was not removed already.
 */
export interface PrunedMark {
  readonly chain: string;
  /** The newest record that was removed. All before it are gone too, so it is also how many. */
  readonly sequence: number;
  /** That record's hash: what the first record that is left is linked to. */
  readonly hash: string;
  /** When it was removed. Wall-clock milliseconds. */
  readonly at: number;
}

/** What a directory says of its beginning. */
export type FoundMark =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'genuine'; readonly mark: PrunedMark }
  /** There is a file, but it is not what this installation wrote for this chain. */
  | { readonly outcome: 'forged' };

/** Whose marks are taken for genuine. */
export interface MarkSigner {
  readonly chain: string;
  /** The key of checkpoints: what is signed says which of the two it is. */
  readonly signingKey: Buffer;
}

/** Sorts behind the segments: a tool that copies in the order of names copies it last, when it says the most. */
const fileName = 'pruned.json';
const mostBytes = 4_096;

const fileShape = z.strictObject({
  chain: z.string(),
  sequence: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.number(),
  signature: z.string(),
});

/** Reads the mark of a directory. @throws when the file is there and cannot be read */
export async function readMark(directory: string, signer: MarkSigner): Promise<FoundMark> {
  const text = await readFile(join(directory, fileName), 'utf8').catch((thrown: unknown) => {
    if (isMissingFile(thrown)) return undefined;
    throw thrown;
  });
  if (text === undefined) return { outcome: 'none' };
  const parsed = fileShape.safeParse(parseJson(text.slice(0, mostBytes)));
  if (!parsed.success) return { outcome: 'forged' };
  const { signature: given, ...mark } = parsed.data;
  const wanted = Buffer.from(signature(signer.signingKey, mark));
  const found = Buffer.from(given);
  const genuine = found.length === wanted.length && timingSafeEqual(found, wanted);
  return genuine && mark.chain === signer.chain ? { outcome: 'genuine', mark } : { outcome: 'forged' };
}

/** Puts a mark in place of the one before: durable when it resolves, and at every moment one of the two, whole. */
export async function writeMark(
  directory: string,
  signer: MarkSigner,
  head: ChainHead,
  at: number,
): Promise<void> {
  const mark = { chain: signer.chain, sequence: head.sequence, hash: head.hash, at };
  const path = join(directory, fileName);
  {
    await using handle = await open(`${path}.new`, 'w', 0o600);
    await handle.writeFile(`${JSON.stringify({ ...mark, signature: signature(signer.signingKey, mark) })}\n`);
    await handle.sync();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
}

/** Where the chain of a directory begins. A mark that is not genuine moves nothing. */
export function beginningOf(found: FoundMark): ChainHead {
  return found.outcome === 'genuine' ? found.mark : chainStart;
}

function signature(key: Buffer, { chain, sequence, hash, at }: PrunedMark): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['pruned', chain, sequence, hash, at]))
    .digest('base64url');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
