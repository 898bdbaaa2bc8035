import { shareOneConsent } from '../support/shared-refresh.ts';

/** `npm run test:shared-refresh [SEED]`: a thousand rotations by twenty processes over a bad network. Takes minutes. */
const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 32));
const rotations = 1000;
console.log(`seed ${seed}`);
const { successors, failures, mischief, leaks, alive } = await shareOneConsent({
  processes: 20,
  rotations,
  seed,
});
const right = successors.filter((count) => count === 1).length;
console.log(`${right} of ${rotations} rotations with one successor`);
console.log('the network:', mischief, 'failures:', Object.fromEntries(failures), 'leaks:', leaks);
console.log(alive ? 'the last token works' : 'the last token does not work');
process.exitCode = right === rotations && failures.size === 0 && leaks.length === 0 && alive ? 0 : 1;
