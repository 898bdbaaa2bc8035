import { type Config, type Environment, formatProblems, loadConfig } from '../config/index.ts';
import { loadTlsIdentity, type TlsIdentity } from '../gateway/index.ts';
import type { SecretSource } from '../vault/index.ts';
import { needsRestart } from './needs-restart.ts';
import { clientSecretsNotAtHand } from './secrets-not-at-hand.ts';

/** A configuration that may replace the one that runs, with its certificate; or why none may. */
export type ConfigReadAgain =
  | { readonly outcome: 'ready'; readonly config: Config; readonly tls: TlsIdentity }
  | { readonly outcome: 'refused'; readonly problems: string };

/** Reads the file of the configuration that the gateway was started with, and changes nothing. */
export async function readConfigAgain(
  started: Config,
  env: Environment,
  secrets: SecretSource,
): Promise<ConfigReadAgain> {
  const loaded = await loadConfig(started.file, { env });
  if (loaded.outcome === 'invalid') {
    return { outcome: 'refused', problems: formatProblems(loaded.problems, started.file) };
  }
  const { config } = loaded;
  const fixed = needsRestart(started, config);
  if (fixed !== '') return { outcome: 'refused', problems: fixed };
  const missing = await clientSecretsNotAtHand(config, secrets);
  if (missing.length > 0) {
    return {
      outcome: 'refused',
      problems: missing.map(({ key, problem }) => `${key}: ${problem}\n`).join(''),
    };
  }
  try {
    // The files of before may hold a renewed certificate.
    return { outcome: 'ready', config, tls: await loadTlsIdentity(config) };
  } catch (thrown) {
    return { outcome: 'refused', problems: `The certificate cannot be used: ${String(thrown)}\n` };
  }
}
