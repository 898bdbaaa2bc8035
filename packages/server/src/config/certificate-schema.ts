import { z } from 'zod';
import { certificateFields } from '../core/index.ts';
import { packMistake } from './mistake.ts';

const certificateField = z.enum(certificateFields);
const placeholder = new RegExp(`^([^{}]*)\\{(${certificateFields.join('|')})\\}([^{}]*)$`);

/** Client certificates. */
export const certificateSchema = z.strictObject({
  kind: z.literal('certificate'),
  authorities: z
    .string()
    .min(1)
    .meta({
      description: 'PEM file of the authorities whose client certificates count.',
      examples: ['./tls/people-ca.crt'],
    }),
  crl: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'PEM file with the revocation list of each of these authorities. Read again when it changes; once it is out of date no certificate counts. Left out: certificates count until they expire.',
      examples: ['./tls/people-ca.crl'],
    }),
  subject: z
    .string()
    .regex(placeholder, {
      error: () =>
        packMistake(
          'This does not say what names somebody.',
          `Write one of ${certificateFields.map((field) => `{${field}}`).join(' ')} in it, once.`,
        ),
    })
    .transform((written) => {
      const [, before = '', field, after = ''] = placeholder.exec(written) ?? [];
      return { before, field: certificateField.parse(field), after };
    })
    .meta({
      description: 'What names a person or a program for good; it must be in the certificate exactly once.',
      examples: ['{email}', '{CN}'],
    }),
  nameField: certificateField
    .default('CN')
    .meta({ description: 'What pages and records show.', examples: ['CN'] }),
  groupsField: certificateField.optional().meta({
    description: 'Each value of this field is a group. Left out: nobody has any.',
    examples: ['OU'],
  }),
  claims: z
    .record(z.string().min(1), certificateField)
    .default({})
    .meta({
      description: 'Further claims that rules may compare: our name for it, and the field.',
      examples: [{ company: 'O' }],
    }),
});
