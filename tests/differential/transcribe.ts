import type { DifferentialCase } from './case.ts';

/** How the clients of a case reach the server. */
export type Way = 'direct' | 'grantway';

/** What the harness must be able to do with a protocol. One per engine. */
export interface DifferentialEngine<Step> {
  /** Puts the scratch schema back to how every case finds it. */
  reset(): Promise<void>;
  /** Begins one run of a case, in which nothing is connected yet. */
  begin(way: Way, settings: Readonly<Record<string, string>>): DifferentialRun<Step>;
}

/** One run of one case over one way. */
export interface DifferentialRun<Step> {
  /** Does the step; gives what was answered, one line for each message, without what must differ between two runs. */
  perform(step: Step): Promise<readonly string[]>;
  /** Proves that nothing more was to come, and leaves; gives what was answered. */
  end(): Promise<readonly string[]>;
  /** Error codes of the answers so far. */
  readonly errors: readonly string[];
}

/** What was answered to all steps of a case. */
export interface Transcript {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

/** Runs a case over one way. @throws when an answer does not come, with what came until then */
export async function transcribe<Step>(
  engine: DifferentialEngine<Step>,
  way: Way,
  { steps, settings = {} }: DifferentialCase<Step>,
): Promise<Transcript> {
  const run = engine.begin(way, settings);
  let lines: readonly string[] = [];
  try {
    for (const [index, step] of steps.entries()) {
      lines = [...lines, `step ${index + 1}`, ...(await run.perform(step))];
    }
    return { lines: [...lines, 'end', ...(await run.end())], errors: run.errors };
  } catch (thrown) {
    await run.end().catch(() => undefined);
    throw new Error(`${way}: ${thrown}\nbefore that:\n${lines.join('\n')}`, { cause: thrown });
  }
}
