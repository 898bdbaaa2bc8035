import { z } from 'zod';
import { packMistake } from './mistake.ts';

/** Where a role without password and grants gets its password from. What the keys say wrong together: `check-cloud.ts`. */
export const cloudSchema = z
  .strictObject({
    kind: z.enum(['elasticache', 'memorydb', 'memorystore', 'azure']).meta({
      description: 'Whose service this is: Amazon ElastiCache or MemoryDB, Google Memorystore, Azure.',
      examples: ['elasticache'],
    }),
    region: z
      .string()
      .regex(/^[a-z]{2,}(-[a-z]+)+-\d+$/, {
        error: () => packMistake('This is no AWS region.', 'Write its code, for example eu-central-1.'),
      })
      .optional()
      .meta({ description: 'On AWS: the region.', examples: ['eu-central-1'] }),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, {
        error: () =>
          packMistake('This is no name of a cache or cluster.', 'Write its identifier in small letters.'),
      })
      .optional()
      .meta({
        description: 'On AWS: the replication group, the serverless cache, or the MemoryDB cluster.',
        examples: ['sessions'],
      }),
    serverless: z.boolean().default(false).meta({ description: 'On ElastiCache: a serverless cache.' }),
  })
  .meta({
    description:
      'Redis or Valkey in a cloud: passwords come from there, for each role that has neither password nor grants. The cloud is asked as the identity that the process has there.',
  });

/** The `cloud` section as the file has it, checked. */
export type CloudEntry = z.infer<typeof cloudSchema>;
