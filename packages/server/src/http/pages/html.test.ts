import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from './html.ts';

test('H08 whatever is put in is text, in content and in attributes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const markup = html`<p title="${value}">${value}</p>`.toString();
      const [, title = '', content = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/s.exec(markup) ?? [];
      expect([title, content].map(decode)).toEqual([value, value]);
    }),
    { verbose: true },
  );
});

test('markup stays markup, lists are joined, and nothing leaves nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}</ul>${undefined}${false}${0}`.toString()).toBe(
    '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
  );
});

test('an object that only looks like markup does not pass for it', () => {
  const lookAlike = JSON.parse('{"toString":"<script>"}');
  expect(() => html`${lookAlike}`).toThrow(TypeError);
});

function decode(text: string): string {
  const characters = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: keyof typeof characters) => characters[name]);
}
