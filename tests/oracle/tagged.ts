/** What stands in a person's row or key `n`: the tag and a filling of some length. */
export function payload(person: number, n: number): string {
  return `p${person}n${n}:${'x'.repeat((person * 31 + n * 17) % 80)}`;
}

/** Rows or keys of each person. */
export const rowsEach = 60;
