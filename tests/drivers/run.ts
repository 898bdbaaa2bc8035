import { runSuites } from '../interop/run-suites.ts';
import { go } from './go/go-drivers.ts';
import { java } from './java/java-drivers.ts';
import { rust } from './rust/rust-drivers.ts';

/**
 * `npm run test:drivers [-- java go rust]`: the drivers of other languages. Each has one program here, which runs against
 * the server itself and through Grantway as the same login of it, and must print the same both times.
 */
process.exitCode = await runSuites([java, go, rust], process.argv.slice(2));
