/** How much the names of one session may remember: characters of text and parameters, plus a fixed part for each. */
const mostWeight = 4_194_304;
const weightOfEntry = 256;

/**
 * What a client's names or numbers (of prepared statements, of portals) stand for. Bounded: a client that never closes them may
 * run for days. Kept in two generations, so that what is used stays and the rest goes, without bookkeeping per use.
 */
export class RecentNames<T, Name = string> {
  #young = new Map<Name, T>();
  #old = new Map<Name, T>();
  #weight = 0;
  #forgot = false;

  /** True once names were forgotten that the server may still know. */
  get forgot(): boolean {
    return this.#forgot;
  }

  get(name: Name): T | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.set(name, old, 0);
    return old;
  }

  /** `weight` is the number of characters that the value holds. */
  set(name: Name, value: T, weight: number): void {
    this.#weight += weightOfEntry + weight;
    if (this.#weight > mostWeight) {
      this.#forgot ||= this.#old.size > 0;
      this.#old = this.#young;
      this.#young = new Map();
      this.#weight = weightOfEntry + weight;
    }
    this.#young.set(name, value);
  }

  delete(name: Name): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }

  clear(): void {
    if (this.#weight === 0) return;
    this.#young.clear();
    this.#old.clear();
    this.#weight = 0;
    this.#forgot = false;
  }
}
