/**
 * commands: one file for each command of `grantway`; `main.ts` is the table of them.
 *
 * A command reads its arguments, calls one thing that does the work, and prints. It owns no work of its own: tokens
 * are `database-token.ts`, sign-in is `sign-in/`, and administration is `@grantway/server`, which is loaded only when
 * a command needs it (`open-workspace.ts`).
 */
export { auditCommand } from './audit.ts';
export { checkCommand } from './check.ts';
export { clientsCommand } from './clients.ts';
export { connectCommand } from './connect.ts';
export { consentsCommand } from './consents.ts';
export { demoCommand } from './demo.ts';
export { doctorCommand } from './doctor.ts';
export { explainCommand } from './explain.ts';
export { keysCommand } from './keys.ts';
export { loginCommand } from './login.ts';
export { logoutCommand } from './logout.ts';
export { proxyCommand } from './proxy.ts';
export { queryCommand } from './query.ts';
export { rolesCommand } from './roles.ts';
export { serveCommand } from './serve.ts';
export { sessionsCommand } from './sessions.ts';
export { tokenCommand } from './token.ts';
export { usersCommand } from './users.ts';
