/**
 * Numbers that Redshift adds to the PostgreSQL protocol. Source: the drivers of Amazon (amazon-redshift-jdbc-driver
 * `ConnectionFactoryImpl`, amazon-redshift-python-driver `core.py`); Amazon documents neither.
 */

/** The first word of an Authentication message. */
export const redshiftAuthentication = { digest: 13, idpToken: 14 } as const;

/** Type bytes of the messages that answer them. */
export const fromRedshiftClient = { digest: 0x64, idpToken: 0x69 } as const;

/** Hash functions that a digest request can name. */
export const digestAlgorithm = { sha256: 0 } as const;
