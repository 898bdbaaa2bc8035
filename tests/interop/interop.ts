import { ensureSystemPrograms, type SystemProgram } from '../support/system-programs.ts';
import { warningsOf } from '../support/warnings-of.ts';

/** Something that is not on every machine and that `npm ci` does not bring. */
export interface InteropNeed {
  /** What it is, how it is had, and how to say where it is. */
  readonly what: string;
  /** Gets it where this machine can; false when it is not here afterwards. */
  readonly bring: () => Promise<boolean>;
}

/** One thing that a foreign program does. */
export interface InteropCheck {
  /** A sentence about behaviour. */
  readonly title: string;
  readonly needs: InteropNeed;
  /** @throws with what the program said when it does not */
  readonly run: () => Promise<void>;
}

/** Checks that run. */
export interface StartedChecks {
  readonly checks: readonly InteropCheck[];
  readonly stop: () => Promise<void>;
}

/** Checks that share what they need to be started. */
export interface InteropSuite {
  /** What `npm run test:interop -- NAME` chooses it by. */
  readonly name: string;
  readonly needs: readonly InteropNeed[];
  readonly start: () => Promise<StartedChecks>;
}

/** Programs of the operating system; Debian's are installed. */
export function systemPrograms(what: string, programs: readonly SystemProgram[]): InteropNeed {
  return {
    what,
    bring: async () => {
      try {
        await ensureSystemPrograms(programs);
        return true;
      } catch (failure) {
        console.error(failure instanceof Error ? failure.message : failure);
        return false;
      }
    },
  };
}

/** A check whose failure says as well what the gateway warned of, and what the provider wrote last. */
export function checkOf(
  needs: InteropNeed,
  logs: { readonly gateway: () => string; readonly provider: () => string },
): (title: string, run: () => Promise<void>) => InteropCheck {
  return (title, run) => ({
    title,
    needs,
    run: async () => {
      try {
        await run();
      } catch (cause) {
        const wrote = logs.provider().split('\n').slice(-10);
        throw new Error(
          [cause instanceof Error ? cause.message : cause, ...warningsOf(logs.gateway()), ...wrote].join(
            '\n',
          ),
        );
      }
    },
  });
}
