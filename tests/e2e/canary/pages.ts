import type { Departure, Page } from '../../support/person.ts';

/** The page; @throws Error when it led away instead */
export async function pageOf(at: Promise<Page | Departure>): Promise<Page> {
  const page = await at;
  if (page.kind === 'departure') throw new Error(`led away to ${page.to}`);
  return page;
}

/** What a form of ours carries against foreign sites. */
export function formToken({ html }: Page): string {
  return /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? '';
}
