/** Markup that {@link html} made. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Content = Html | string | number | undefined | readonly Html[];

/** Makes markup from a literal. Every value is escaped unless it is markup itself; attributes stand in double quotes. */
export function html(literal: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(String.raw({ raw: literal }, ...values.map(render)));
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.markup;
  if (typeof content === 'object') return content.map(render).join('');
  return String(content).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
