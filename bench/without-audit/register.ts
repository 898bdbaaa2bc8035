import { registerHooks } from 'node:module';

const opener = '/packages/server/src/audit/open-audit.ts';
const standIn = new URL('forgetting-audit.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (!found.url.endsWith(opener)) return found;
    process.stderr.write('this gateway keeps no audit\n');
    return { ...found, url: standIn };
  },
});
