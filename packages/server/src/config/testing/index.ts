/**
 * testing: a configuration without mistakes, and the form in which the tables of mistakes break it.
 */
export { hash, literalSecret, type Mistaken, problemsAfter, soundFile } from './mistaken-file.ts';
