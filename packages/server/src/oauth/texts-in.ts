/** The texts of what should be a text or a list of texts; whatever else is in it, the library refuses by itself. */
export function textsIn(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}
