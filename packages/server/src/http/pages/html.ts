/** Markup that {@link html} made. Everything else that is put into a page is text, and is escaped. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What a page may contain. `undefined` and `false` leave nothing, so that a part can be conditional. */
export type Content = Html | string | number | undefined | false | readonly Content[];

/**
 * Makes markup from a literal; every value is escaped unless it is markup itself, so that a page is safe by
 * construction. Attribute values must be in double quotes, and no value may stand in a URL's scheme.
 */
export function html(literal: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(String.raw({ raw: literal }, ...values.map(render)));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.toString();
  if (typeof content === 'object') return content.map(render).join('');
  return String(content).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
