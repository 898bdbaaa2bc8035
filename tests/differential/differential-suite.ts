import { beforeAll, describe, expect, test } from 'vitest';
import type { Theme } from './case.ts';
import { type DifferentialEngine, transcribe } from './transcribe.ts';

/** Makes a test of every case. `engine` is called once the servers run. */
export function differentialSuite<Step>(
  themes: readonly Theme<Step>[],
  engine: () => DifferentialEngine<Step>,
): void {
  beforeAll(() => engine().reset());
  for (const { name, cases, pure = false } of themes) {
    describe(name, () => {
      test.each(cases.map((one) => ({ title: one.name, one })))('$title', async ({ one }) => {
        const { errors = [] } = one;
        if (!pure) await engine().reset();
        const direct = await transcribe(engine(), 'direct', one);
        expect(direct.errors, direct.lines.join('\n')).toEqual(errors);
        if (!pure) await engine().reset();
        const through = await transcribe(engine(), 'grantway', one);
        expect(through.lines).toEqual(direct.lines);
      });
    });
  }
  test('every case has a name of its own', () => {
    const names = themes.flatMap(({ name, cases }) => cases.map((one) => `${name} ${one.name}`));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
}
