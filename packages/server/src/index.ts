/**
 * @grantway/server: the gateway as a library, for the command line.
 *
 * `startGateway` runs one; `openWorkspace` opens what the administrative commands of `operator/` work on;
 * `prepareDemo` makes a sample database and a config to start with. Everything else is inside.
 */
export { readAudit, verifyAudit } from './audit/index.ts';
export type { Gateway, GatewayOptions } from './compose/index.ts';
export { openWorkspace, startGateway } from './compose/index.ts';
export type { Config, ConfigLoaded, ConfigProblem } from './config/index.ts';
export { configHints, configJsonSchema, formatProblems, loadConfig } from './config/index.ts';
export { Refusal, Secret } from './core/index.ts';
export { type Demo, prepareDemo } from './demo/index.ts';
export * from './operator/index.ts';
export { createMasterKey } from './vault/index.ts';
