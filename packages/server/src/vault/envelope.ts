import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { SealedRecord } from '../store/index.ts';
import { associatedData, fromBase64url, seal, unseal } from './aes-gcm.ts';

const version = 'gwv1';

/** One version of the key-encryption key. */
export interface KeyVersion {
  readonly id: string;
  readonly key: KeyObject;
}

/** Finds the key of a version; undefined when there is none. */
export type KeyLookup = (id: string) => KeyObject | undefined;

/** A record's place in the store, to which its envelope is bound. */
export type Place = Pick<SealedRecord, 'kind' | 'id'>;

/**
 * Seals under a fresh data key: `gwv1.<key id>.<data key, sealed under the key version>.<plaintext, sealed under the
 * data key>`. The plaintext is bound to version, kind and id; the data key to these and to the key version, so that
 * a rotation re-wraps the data key alone.
 */
export function sealEnvelope(under: KeyVersion, place: Place, plaintext: Buffer): string {
  const dataKey = randomBytes(32);
  const content = seal(createSecretKey(dataKey), contentBinding(place), plaintext);
  const envelope = written(under, place, dataKey, content);
  dataKey.fill(0);
  return envelope;
}

/** @throws Error when anything was altered or moved, or the key is unknown. It names the place and nothing else. */
export function openEnvelope(keys: KeyLookup, place: Place, envelope: string): Buffer {
  const { dataKey, content } = unwrapped(keys, place, envelope);
  const plaintext = unseal(createSecretKey(dataKey), contentBinding(place), content);
  dataKey.fill(0);
  if (plaintext === undefined) throw unreadable(place);
  return plaintext;
}

/** The same plaintext and data key under another key version. @throws as {@link openEnvelope}, before any result. */
export function rewrapEnvelope(keys: KeyLookup, to: KeyVersion, place: Place, envelope: string): string {
  openEnvelope(keys, place, envelope).fill(0);
  const { dataKey, content } = unwrapped(keys, place, envelope);
  const rewrapped = written(to, place, dataKey, content);
  dataKey.fill(0);
  return rewrapped;
}

/** The id of the key version that an envelope names; undefined when it is no envelope. */
export function envelopeKeyId(envelope: string): string | undefined {
  const [, keyId] = envelope.split('.');
  return keyId;
}

function written(under: KeyVersion, place: Place, dataKey: Buffer, content: Buffer): string {
  const wrapped = seal(under.key, dataKeyBinding(place, under.id), dataKey);
  return [version, under.id, wrapped.toString('base64url'), content.toString('base64url')].join('.');
}

function unwrapped(keys: KeyLookup, place: Place, envelope: string): { dataKey: Buffer; content: Buffer } {
  const [found, keyId, wrapped, content, ...rest] = envelope.split('.').map((part, index) => {
    return index < 2 ? part : fromBase64url(part);
  });
  if (found !== version || typeof keyId !== 'string' || rest.length > 0) throw unreadable(place);
  const key = keys(keyId);
  if (key === undefined || !Buffer.isBuffer(wrapped) || !Buffer.isBuffer(content)) throw unreadable(place);
  const dataKey = unseal(key, dataKeyBinding(place, keyId), wrapped);
  if (dataKey?.length !== 32) throw unreadable(place);
  return { dataKey, content };
}

function contentBinding({ kind, id }: Place): Buffer {
  return associatedData(version, 'content', kind, id);
}

function dataKeyBinding({ kind, id }: Place, keyId: string): Buffer {
  return associatedData(version, 'data key', kind, id, keyId);
}

function unreadable({ kind, id }: Place): Error {
  return new Error(
    `The sealed record ${kind} ${JSON.stringify(id)} cannot be opened: it was altered, moved from another place, or sealed under an unknown key. Restore it from a backup, or remove it and set the secret again.`,
  );
}
