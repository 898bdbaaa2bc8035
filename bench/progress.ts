/** Says what the bench is at, on stderr. */
export function progress(what: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)}  ${what}`);
}
