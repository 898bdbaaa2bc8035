import type { EngineName } from '../core/index.ts';
import type { Config } from './config.ts';

/**
 * Where clients of an engine are told to connect: what `advertise` says, else the issuer's host and the port of the
 * door, which is undefined when the door is closed. `boundPort` is the one that the system chose, where the config says
 * 0. An IPv6 address comes without brackets: it has them in a URL, and in no connection parameter.
 */
export function clientAddress(
  { issuer, listen, advertise }: Pick<Config, 'issuer' | 'listen' | 'advertise'>,
  engine: EngineName,
  boundPort: number | undefined,
): { readonly host: string; readonly port: number | undefined } {
  return (
    advertise[engine] ?? {
      host: new URL(issuer).hostname.replace(/^\[|\]$/g, ''),
      port: boundPort ?? listen[engine]?.port,
    }
  );
}
