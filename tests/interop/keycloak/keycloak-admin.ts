/** What an administrator of a realm does in Keycloak's console, by the same interface that the console uses. */
export interface KeycloakAdmin {
  /** Ends all sessions of somebody there. */
  signOut(username: string): Promise<void>;
  /** Takes somebody out of all groups and puts them into this one. */
  moveTo(username: string, group: string): Promise<void>;
  /** Switches an account on or off. */
  enable(username: string, enabled: boolean): Promise<void>;
  /** Imports a SAML service by its metadata, and lets assertions for it name the groups. */
  importService(metadata: string): Promise<void>;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** For the administrator `admin` of the whole server. */
export function keycloakAdmin(origin: string, realm: string, password: string): KeycloakAdmin {
  const base = `${origin}/admin/realms/${realm}`;

  async function token(): Promise<string> {
    const response = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: 'admin',
        password,
      }),
    });
    const { access_token } = (await response.json()) as { readonly access_token?: string };
    if (access_token === undefined) throw new Error(`the administrator is not let in: ${response.status}`);
    return access_token;
  }

  async function ask(method: string, path: string, body?: object | string): Promise<Response> {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async function found(path: string): Promise<readonly Named[]> {
    return (await (await ask('GET', path)).json()) as readonly Named[];
  }

  async function idOf(username: string): Promise<string> {
    const [person] = await found(`/users?exact=true&username=${username}`);
    if (person === undefined) throw new Error(`nobody is called ${username}`);
    return person.id;
  }

  return {
    async signOut(username) {
      await ask('POST', `/users/${await idOf(username)}/logout`);
    },

    async moveTo(username, group) {
      const id = await idOf(username);
      for (const before of await found(`/users/${id}/groups`))
        await ask('DELETE', `/users/${id}/groups/${before.id}`);
      const wanted = (await found('/groups')).find(({ name }) => name === group);
      if (wanted === undefined) throw new Error(`no group is called ${group}`);
      await ask('PUT', `/users/${id}/groups/${wanted.id}`);
    },

    async enable(username, enabled) {
      await ask('PUT', `/users/${await idOf(username)}`, { enabled });
    },

    async importService(metadata) {
      const client = (await (await ask('POST', '/client-description-converter', metadata)).json()) as object;
      const groups = {
        name: 'groups',
        protocol: 'saml',
        protocolMapper: 'saml-group-membership-mapper',
        config: {
          'attribute.name': 'groups',
          'attribute.nameformat': 'Basic',
          single: 'true',
          'full.path': 'false',
        },
      };
      await ask('POST', '/clients', { ...client, protocolMappers: [groups] });
    },
  };
}
