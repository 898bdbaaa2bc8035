import { describe, expect, it } from 'vitest';
import { type Mistaken, problemsAfter } from './testing/index.ts';

const card = 'kind: certificate, authorities: ./people.crt';
const local = '  local: {}\n';
const acme = 'secret: env:ACME, scopes';

const mistakes: readonly Mistaken[] = [
  [
    'a subject that is the same for everybody',
    [[local, `${local}  card: { ${card}, subject: employee }\n`]],
    [
      [
        '7:57 signIn.card.subject',
        'This does not say what names somebody.',
        'Write one of {CN} {OU} {O} {C} {UID} {serialNumber} {email} {dns} {uri} in it, once.',
      ],
    ],
  ],
  [
    'two methods for certificates',
    [[local, `${local}  card: { ${card}, subject: "{CN}" }\n  key: { ${card}, subject: "{CN}" }\n`]],
    [
      [
        '8:3 signIn.key',
        '"card" is for certificates already, and a TLS handshake asks for one kind.',
        'Put the authorities of both into one file, and keep one of the two.',
      ],
    ],
  ],
  [
    'a client with a certificate that nobody asks for',
    [[acme, 'certificate: { dns: bi.acme.example }, scopes']],
    [
      [
        '19:3 clients.acme-bi',
        'Nobody is asked for a certificate, so this client cannot show one.',
        'Add a sign-in method of the kind certificate.',
      ],
    ],
  ],
  [
    'a client whose certificate is said in two ways',
    [
      [local, `${local}  card: { ${card}, subject: "{CN}" }\n`],
      [acme, 'certificate: { dns: bi.acme.example, email: bi@acme.example }, scopes'],
    ],
    [
      [
        '20:79 clients.acme-bi.certificate',
        'It does not say in one way which certificate this is.',
        'Write exactly one of file, dns, email and uri.',
      ],
    ],
  ],
];

describe('mistakes about certificates', () => {
  it.each(mistakes)('%s is told with its place and the fix', (_, changes, problems) => {
    expect(problemsAfter(changes)).toEqual(problems);
  });
});
