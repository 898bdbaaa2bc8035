/** The three forms of an answer to a query. */
export type AnswerForm = 'json' | 'ndjson' | 'csv';

const forms = new Map<string, AnswerForm>([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['text/csv', 'csv'],
]);

/** The form that an `Accept` header prefers (RFC 9110, 12.5.1). JSON for everything that names none of the three. */
export function answerForm(accept: string | undefined): AnswerForm {
  let best: { readonly form: AnswerForm; readonly quality: number } | undefined;
  for (const range of (accept ?? '').split(',').slice(0, 32)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const form = forms.get(type);
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (form !== undefined && quality > (best?.quality ?? 0)) best = { form, quality };
  }
  return best?.form ?? 'json';
}
