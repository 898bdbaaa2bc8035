import type { RespVersion } from './protocol.ts';

/** What an upstream connection is opened with, as the client asked for it. */
export interface ConnectionSettings {
  readonly protocol: RespVersion;
  /** What the client calls itself; servers show it to administrators. */
  readonly name: string;
}

/** The longest name that goes to the server and the audit. */
const mostNameLength = 128;

/** As the pool compares them: two clients with equal settings may share a connection in turn. */
export function toSettings({ protocol, name }: ConnectionSettings): ReadonlyMap<string, string> {
  const settings = new Map([['protocol', String(protocol)]]);
  if (name !== '') settings.set('name', name.slice(0, mostNameLength));
  return settings;
}

/** Reads back what {@link toSettings} wrote. @throws TypeError for settings of another engine */
export function connectionSettings(settings: ReadonlyMap<string, string>): ConnectionSettings {
  const protocol = settings.get('protocol');
  if (protocol !== '2' && protocol !== '3') throw new TypeError('settings of a Redis client have a protocol');
  return { protocol: protocol === '2' ? 2 : 3, name: settings.get('name') ?? '' };
}
