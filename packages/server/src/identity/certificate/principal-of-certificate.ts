import type { CertificateConfig } from '../../config/index.ts';
import type { CertificateField, ClaimValue, ClientCertificate, Principal } from '../../core/index.ts';

/** What came of reading a principal from a certificate. */
export type CertificateReading =
  | { readonly outcome: 'proven'; readonly principal: Principal }
  /** `detail` names the field, never its value. */
  | { readonly outcome: 'nobody'; readonly detail: string };

const limits = { subjectLength: 255, nameLength: 200, entryLength: 256 } as const;

/**
 * Who a certificate names. What the subject is made of must be there exactly once: to choose among several would be to
 * guess who somebody is. One that no configured authority vouches for names nobody.
 */
export function principalOfCertificate(
  { name: method, subject, displayName, groups, claims }: CertificateConfig,
  { trusted, fields }: ClientCertificate,
): CertificateReading {
  if (!trusted) return nobody('no configured authority vouches for this certificate now');
  const values = (field: CertificateField) => fields.get(field) ?? [];
  const all = [...fields.values()].flat();
  // A direction or control character can make one name look like another; an authority that signs these is not asked why.
  if (all.some((value) => /\p{C}/u.test(value) || value.length > limits.entryLength))
    return nobody('a field is too long or not plain text');

  const [named, ...more] = values(subject.field);
  if (named === undefined || named === '' || more.length > 0)
    return nobody(`${subject.field} is not there exactly once`);
  const id = `${subject.before}${named}${subject.after}`;
  if (id.length > limits.subjectLength) return nobody(`${subject.field} is too long`);
  const [shown] = values(displayName);
  return {
    outcome: 'proven',
    principal: {
      method,
      subject: id,
      displayName: (shown ?? id).slice(0, limits.nameLength),
      groups: groups === undefined ? [] : values(groups),
      claims: Object.fromEntries(
        Object.entries(claims).flatMap(([claim, field]): readonly (readonly [string, ClaimValue])[] => {
          const [value, ...others] = values(field);
          if (value === undefined) return [];
          return [[claim, others.length === 0 ? value : [value, ...others]]];
        }),
      ),
    },
  };
}

function nobody(detail: string): CertificateReading {
  return { outcome: 'nobody', detail };
}
