import { progress } from './progress.ts';

const controller = new AbortController();

/**
 * Aborted when somebody ends the bench. What runs then fails, and on the way out everything that was started is stopped
 * and every folder removed, as after any other failure.
 */
export const interrupted: AbortSignal = controller.signal;

/** Heeds Ctrl-C and SIGTERM; a second one ends the process at once. Gives the exit code of a bench that was ended. */
export function heedSignals(): () => number | undefined {
  let exitCode: number | undefined;
  for (const [signal, number] of [['SIGINT', 2] as const, ['SIGTERM', 15] as const]) {
    process.once(signal, () => {
      exitCode = 128 + number;
      progress('ended by a signal, stopping everything');
      controller.abort();
    });
  }
  return () => exitCode;
}

/** Gives what `work` gives. When it fails, nobody will stop `part`, so that is done first. */
export async function orStop<T>(part: { stop(): Promise<unknown> }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    await part.stop();
    throw failure;
  }
}
