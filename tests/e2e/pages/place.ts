import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';

/** A gateway that has every page to show, and the provider that some of them lead to. */
export interface Place {
  readonly gateway: TestGateway;
  readonly provider: OpenIdProvider;
  stop(): Promise<void>;
}

/** Names as long as somebody will have them one day: no page may break over them. */
export const longNames = {
  database: 'customer-orders-of-the-northern-region',
  role: 'regional-support-second-level-on-call',
  application: 'Quarterly Forecasting and Inventory Reconciliation Workbench (Staging)',
  person: 'wilhelmina.vandenberghe-oppenheimer@subsidiary.corporation.example.com',
} as const;

/** What an application sends people back to; nothing listens there. */
export const wideRedirect = 'https://forecasting-and-inventory.staging.corporation.example.com/callback';

/** A provider that is down. */
const nobodyAnswers = 'http://127.0.0.1:1';

/** Starts both. The host is `localhost`, since passkeys know no addresses. */
export async function startPlace(): Promise<Place> {
  const provider = await startOpenIdProvider();
  const gateway = await startGateway({
    issuer: `http://localhost:${await freePort()}`,
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          label: 'Example Corp',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
          secondFactor: { amr: ['mfa'] },
        },
        labs: {
          kind: 'oidc',
          label: 'Example Labs',
          issuer: nobodyAnswers,
          clientId: 'grantway',
          clientSecret: 'env:CORP_SECRET',
        },
      },
      registration: { people: 'everyone', approvedBy: { groups: ['admin'] } },
      clients: {
        app: {
          name: 'Test App',
          redirectUris: ['https://app.example/callback'],
          scopes: ['db:authdb', 'db:authdb:readonly', 'db:payroll', 'profile', 'groups', 'offline_access'],
        },
        wide: {
          name: longNames.application,
          redirectUris: [wideRedirect],
          scopes: ['db:authdb', `db:${longNames.database}`, 'openid', 'profile', 'groups', 'offline_access'],
        },
      },
    },
    databases: {
      [longNames.database]: {
        ...elsewhere,
        roles: {
          [longNames.role]: { login: 'gw_support', grants: 'write', allow: { groups: ['editor', 'admin'] } },
          owner: { login: 'gw_owner', grants: 'admin', allow: { groups: ['admin'] } },
        },
      },
      payroll: {
        ...elsewhere,
        roles: {
          auditor: {
            login: 'gw_auditor',
            grants: 'read',
            allow: { groups: ['viewer', 'admin'] },
            require: { factor: true },
          },
        },
      },
    },
    env: { CORP_SECRET: provider.clientSecret },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
  return {
    gateway,
    provider,
    async stop() {
      await gateway.stop();
      await provider.stop();
    },
  };
}

/** A database that pages name and nobody connects to. */
const elsewhere = {
  engine: 'postgres',
  host: '127.0.0.1',
  port: 1,
  tls: 'off',
  manager: { login: 'manager', password: 'env:TEST_CLIENT_SECRET' },
} as const;
