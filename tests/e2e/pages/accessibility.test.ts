import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChromium } from '../../support/chromium.ts';
import { atHome } from './at-home.ts';
import { goingWrong } from './going-wrong.ts';
import { lettingIn } from './letting-in.ts';
import { type Place, startPlace } from './place.ts';
import { signingIn } from './signing-in.ts';
import type { Walk } from './walk.ts';

const pagesFolder = join(import.meta.dirname, '../../../packages/server/src/http/pages');

/** Each page is looked at in both. Of axe's rules only that of colours can say something new in the second. */
const windows = [
  { width: 375, colorScheme: 'dark', rules: {} },
  { width: 1280, colorScheme: 'light', rules: { runOnly: 'color-contrast' } },
] as const;

let place: Place;
let browser: Browser;
const seen = new Set<string>();
beforeAll(async () => {
  [place, browser] = await Promise.all([startPlace(), startChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await place?.stop();
});

test.each(Object.entries({ ...signingIn, ...lettingIn, ...atHome, ...goingWrong }))(
  '%s: no page on the way shuts out who hears it, sees it badly or holds a small screen',
  async (_, way) => {
    // Our policy lets no script of a test in either.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    const faults: string[] = [];
    const look: Walk['look'] = async (drawnBy, what) => {
      seen.add(drawnBy);
      for (const window of windows)
        for (const fault of await faultsOf(page, window))
          faults.push(`${what}, ${window.width} ${window.colorScheme}: ${fault}`);
    };
    await way({ ...place, page, look });
    await context.close();
    expect(faults).toEqual([]);
  },
  120_000,
);

test('every page that there is was looked at', async () => {
  const files = (await readdir(pagesFolder)).filter((name) => /-pages?\.ts$/.test(name));
  expect([...seen].sort()).toEqual(files.map((name) => name.replace('.ts', '')).sort());
});

/** What axe finds, and whether something runs out of the window. */
async function faultsOf(
  page: Page,
  { width, colorScheme, rules }: (typeof windows)[number],
): Promise<readonly string[]> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme });
  await page.evaluate(axe.source);
  const options = JSON.stringify({ ...rules, resultTypes: ['violations'] });
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${options})`);
  const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
  return [
    ...violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id} (${help}): ${html}`)),
    ...(needed > width ? [`is ${needed} wide`] : []),
  ];
}
