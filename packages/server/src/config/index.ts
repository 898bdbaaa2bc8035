/**
 * config: the one YAML file, from bytes to a frozen {@link Config}.
 *
 * Owns: the schema, the messages about mistakes, overrides from the environment, the JSON Schema for editors.
 * Does not own: resolving secrets (it checks references and passes them on), opening any other file, deciding
 * anything at run time. A reload makes a new Config; nobody changes one.
 *
 *   file ─▶ YAML with positions ─▶ environment ─▶ schema ─┬─▶ build ─▶ Config
 *                                              cross checks ┘  └─▶ problems: path, line, what, fix
 */

export { isLoopback } from './addresses.ts';
export { clientAddress } from './client-address.ts';
export type {
  CertificateConfig,
  ClaimMapping,
  ClientCertificateConfig,
  Config,
  ConfiguredClient,
  ConfiguredUser,
  DoorName,
  FactorWords,
  LdapConfig,
  ListenAddress,
  OidcConfig,
  ProvisioningConfig,
  Rate,
  SamlConfig,
  SignInConfig,
  StoreLocation,
  TokenLifetimes,
  WorkloadConfig,
} from './config.ts';
export { workloadMethod } from './config.ts';
export { foldUsername } from './fold-username.ts';
export { configHints } from './hints.ts';
export { configJsonSchema, type JsonSchema } from './json-schema.ts';
export { type ConfigLoaded, type Environment, loadConfig, parseConfig } from './load-config.ts';
export { type ConfigProblem, formatProblems } from './problem.ts';
export { parseYaml } from './yaml-source.ts';
