import { type Content, type Html, html } from './html.ts';
import { layout } from './layout.ts';

interface ErrorPage {
  readonly title: string;
  /** One sentence that says what to do. */
  readonly sentence: string;
  /** What to quote to an administrator. */
  readonly foot: Content;
  /** The way on, when it is not the home page. */
  readonly link?: { readonly href: string; readonly text: string };
}

/** What an error page is headed with, by HTTP status. */
export function titleOfStatus(status: number): string {
  return titles[status] ?? 'Something went wrong';
}

const titles: Readonly<Record<number, string>> = {
  400: 'That did not work',
  403: 'That is not allowed',
  404: 'Nothing here',
  413: 'Too large',
  421: 'Another address',
  429: 'Please wait',
  503: 'Not available at the moment',
};

/** Says what went wrong and what to do, and nothing that only an operator should know. */
export function errorPage({ title, sentence, foot, link }: ErrorPage): Html {
  const way = link ?? { href: '/', text: 'Go to the home page' };
  return layout({
    title,
    width: 'narrow',
    main: html`<section class="card" aria-labelledby="title">
<h1 id="title">${title}</h1>
<p class="lead">${sentence}</p>
<p><a class="button" href="${way.href}">${way.text}</a></p>
</section>
<p class="foot">${foot}</p>`,
  });
}
