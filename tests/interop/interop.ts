/** Something that is not on every machine and that `npm ci` does not bring. */
export interface InteropNeed {
  /** What it is, how it is had, and how to say where it is. */
  readonly what: string;
  readonly isThere: () => Promise<boolean>;
}

/** One thing that a foreign program does. */
export interface InteropCheck {
  /** A sentence about behaviour. */
  readonly title: string;
  readonly needs: InteropNeed;
  /** @throws with what the program said when it does not */
  readonly run: () => Promise<void>;
}
