/** What a gateway warned of, or worse, in all that it has logged; the last few, for a check that failed. */
export function warningsOf(log: string): readonly string[] {
  return log
    .split('\n')
    .filter((line) => /"level":[456]0/.test(line))
    .slice(-5);
}
