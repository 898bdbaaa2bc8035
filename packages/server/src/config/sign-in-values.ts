import { z } from 'zod';
import { duration } from './values.ts';

/** What the sign-in page calls a method. */
export const label = z
  .string()
  .min(1)
  .max(60)
  .optional()
  .meta({
    description: 'What the sign-in page calls it; its name when left out.',
    examples: ['Example Corp'],
  });

/** How long a provider's word counts before the person must be back; `description` says what else there is to say. */
export const signInEvery = (description: string) => duration(description, '24h', '1m', '30d').prefault('24h');
