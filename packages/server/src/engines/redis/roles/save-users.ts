import type { ServerSettings } from './server-state.ts';
import type { Step } from './step.ts';

/** What makes the server keep its users over a restart; nothing when it has no file for them (then that is a finding). */
export function saveUsers({ aclFile, configFile }: ServerSettings): readonly Step[] {
  if (aclFile !== '') return [{ words: ['ACL', 'SAVE'], because: `users are kept in ${aclFile}` }];
  if (configFile !== '')
    return [{ words: ['CONFIG', 'REWRITE'], because: `users are kept in ${configFile}` }];
  return [];
}
