import { createConnectButton } from './app.ts';
import { readSettings } from './settings.ts';

try {
  const settings = readSettings(process.env);
  const { hostname, port } = new URL(settings.baseUrl);
  const { app } = createConnectButton(settings);
  app.listen(Number(port === '' ? 80 : port), hostname, (error) => {
    if (error === undefined) console.log(`Open ${settings.baseUrl}\nCtrl-C stops it.`);
    else fail(error);
  });
} catch (thrown) {
  fail(thrown);
}

function fail(thrown: unknown): void {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
