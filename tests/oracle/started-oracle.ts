import type { TestGateway } from '../support/gateway.ts';
import { warningsOf } from '../support/warnings-of.ts';
import type { OracleEngine, OracleSession } from './oracle-engine.ts';
import type { OracleReport } from './run-oracle.ts';
import { type OracleOptions, runOracle } from './run-oracle.ts';

/** How a server and a gateway are set up for a run. */
export interface WorldOptions {
  /** Which server, in the engine's own words; left out: the engine's first. */
  readonly version?: string;
  readonly people: number;
  readonly poolSize: number;
  /** Whether people may get each other's connections. */
  readonly shared: boolean;
}

/** A running world of some engine, to be asked. */
export interface StartedOracle {
  run(options: OracleOptions): Promise<OracleReport>;
  /** What the gateway warned of last, which may say why there is a violation. */
  warnings(): readonly string[];
  stop(): Promise<void>;
}

/** Starts a server and a gateway. One per engine. */
export type StartOracle = (options: WorldOptions) => Promise<StartedOracle>;

/** An engine with a world that is to be stopped. */
export function startedOracle<S extends OracleSession>(
  engine: OracleEngine<S>,
  { gateway, stop }: { readonly gateway: TestGateway; readonly stop: () => Promise<void> },
): StartedOracle {
  return {
    run: async (options) => await runOracle(engine, options),
    warnings: () => warningsOf(gateway.log()),
    stop,
  };
}
