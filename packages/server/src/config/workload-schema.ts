import { z } from 'zod';
import { providerIssuer } from './addresses.ts';
import { packMistake } from './mistake.ts';

/** A program that proves itself with the token that its platform gave it: a job of a CI service, a pod. */
export const workloadSchema = z
  .strictObject({
    issuer: providerIssuer,
    keys: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          "JSON file with the issuer's public keys (a JWK set), for one that cannot be reached. Left out: they are read from its metadata.",
        examples: ['./cluster-keys.json'],
      }),
    audience: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Whom its tokens must be meant for. Left out: the issuer of this gateway.',
        examples: ['https://access.example.com'],
      }),
    claims: z
      .record(z.string().min(1), z.string().min(1))
      .refine((claims) => Object.values(claims).some((pattern) => /[^*]/.test(pattern)), {
        error: () =>
          packMistake(
            'Everybody whom this issuer knows would be this workload.',
            'Say of at least one claim what it is, for example of sub.',
          ),
      })
      .meta({
        description:
          'What its token must say: every claim here, exactly; a * stands for any characters. Those without * are the claims that rules may compare.',
        examples: [{ repository: 'acme/app', ref: 'refs/heads/main' }],
      }),
    groups: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: 'The groups that rules see.', examples: [['ci']] }),
  })
  .meta({ description: 'One workload. Its name is its identity.' });
