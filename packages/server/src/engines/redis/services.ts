import type { SecretSource } from '../../core/index.ts';

/** What the engine needs of whoever runs it, beside permits and logins. */
export interface RedisServices {
  /** Has what the configuration refers to beside the passwords of roles. */
  readonly secrets: SecretSource;
  /** For the operator's log: what went wrong while nobody waited for an answer. */
  problem(message: string, cause: unknown): void;
}
