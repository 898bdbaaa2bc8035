/**
 * What has broken others, in Redis and where identities meet: federation, local sign-in, tokens. Each has happened, or is demanded by
 * OWASP ASVS 5.0. A test that shows how Grantway stands it begins its title, or that of its row, with the id;
 * `threats.test.ts` fails for one that no test names.
 */
export const threats = {
  // What one client of Redis can do to its server, to another client of it, or to its own role.
  E01: 'A client of Redis that becomes another user: RESET, AUTH or HELLO in the middle of a session.',
  E02: 'Replies that do not come: CLIENT REPLY.',
  E03: 'Answers that come by themselves or late, on a connection that others use too.',
  E04: 'What a client of Redis leaves in a connection: a database, a transaction, a watch, a name, a mode.',
  E05: 'Clients that list, pause, unblock or end the connections of others.',
  E06: 'Commands about the server itself, its disk, its replicas, its rights.',
  E07: 'Scripts and functions: code within the server, with keys that nobody sees.',
  E08: 'Keys that do not stand where a key usually stands.',
  E09: 'Who has not signed in and sends without end, without reading, or announces too much.',
  E10: 'A command that the gateway reads as another one than the server does.',
  E11: 'A pattern so long that matching it exhausts the stack of the server.',
  E12: 'Commands without end from somebody who reads no answer.',
  G01: 'A JWT that confuses its verifier: no signature, an HMAC with a public key, a key of another type, an unknown crit.',
  G02: 'A JWT that brings its own key or an address of keys, or whose key id is a path, a statement or a megabyte.',
  G03: 'A storm of unknown key ids makes the verifier ask the issuer for its keys each time.',
  G04: 'A JWT outside of its times, or whose times are no whole numbers, or that has no end.',
  G05: 'An account that is found by an e-mail address that somebody else may set at another provider.',
  G06: 'An answer or token of another issuer, for another audience, nonce, state, browser or subject.',
  G07: 'Groups that a provider keeps elsewhere, or took away while somebody is connected.',
  G08: 'A SAML signature that covers something else than what is read.',
  G09: 'A SAML assertion that is replayed, or is for another audience, recipient, request or time.',
  G10: 'A SAML message that costs its reader memory or time.',
  G11: 'An LDAP bind without a password, which directories answer with success.',
  G12: 'A user name that changes the LDAP filter or name that it is put into, or finds more than one entry.',
  G13: 'A directory that another answers for, refers elsewhere, is slow or says too much, or whose groups share a name.',
  G14: 'A code of an authenticator app that counts twice.',
  G15: 'Guesses that a throttle does not count together, and a throttle that locks people out.',
  G16: 'A way in on which the second factor, or the age of a sign-in, is not asked about.',
  G17: 'An answer, or its time, that says whether there is such a person.',
  G18: 'Passwords that cost the gateway its memory, its processors or its event loop.',
  G19: 'A condition of access that holds for pages and not for tokens. Here the conditions are what a role requires.',
  G20: 'Signing keys that differ between two gateways, or change before applications know the next or while tokens of the last are live.',
} as const;
