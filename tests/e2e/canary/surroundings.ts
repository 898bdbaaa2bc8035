import type { TestGateway } from '../../support/gateway.ts';
import type { OpenIdProvider } from '../../support/openid-provider.ts';

/** What a life needs around it. */
export interface Surroundings {
  readonly gateway: TestGateway;
  readonly provider: OpenIdProvider;
  readonly ports: { readonly mysql: number; readonly redis: number };
  /** Where the application keeps its tokens. */
  readonly tokenFile: string;
}

/** Takes what a program was told. */
export type Hear = (name: string, content: unknown) => void;
