import type { StartupRules } from '../postgres/for-variations.ts';

/**
 * The startup parameters of Redshift's drivers and of PostgreSQL's, as far as Redshift has them.
 * Source: `ConnectionFactoryImpl.getParametersForStartup` (JDBC), `Connection.__init__` (Python).
 */
export const redshiftStartup: StartupRules = {
  offered: new Set([
    'application_name',
    'client_encoding',
    // The drivers ask for a row format, and the server says which one it took: both pass unchanged.
    'client_protocol_version',
    'datestyle',
    // Redshift keeps these two in its connection log.
    'driver_version',
    'os_version',
    'enable_case_sensitive_identifier',
    'extra_float_digits',
    'query_group',
    'search_path',
    'statement_timeout',
    'timezone',
  ]),
  // How the driver's plugin signs in; the sign-in ends here. What it found out about the server is for nobody else.
  ended: new Set([
    'driver_discovery_version',
    'idc_client_display_name',
    'identity_namespace',
    'idp_type',
    'plugin_name',
    'provider_name',
    'token_type',
  ]),
};

/** A driver that names one of these waits for authentication 14. */
const pluginParameters = ['plugin_name', 'idp_type'] as const;

/** Whether these startup parameters are of a driver that signs in with a token plugin. */
export function namesTokenPlugin(parameters: ReadonlyMap<string, string>): boolean {
  return pluginParameters.some((name) => (parameters.get(name) ?? '') !== '');
}
