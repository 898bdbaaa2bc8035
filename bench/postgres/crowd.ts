/**
 * A process of its own: reads numbers from stdin, one a line, and signs in clients until so many are there. They stay
 * and say nothing. Port and password come from the environment.
 */
import { createInterface } from 'node:readline';
import pg from 'pg';

const concurrentLogins = 32;
const clients: pg.Client[] = [];

async function signInOne(): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', user: 'bench_read', database: 'bench', ssl: false });
  client.on('error', (cause) => console.error(`a client was lost: ${cause.message}`));
  await client.connect();
  clients.push(client);
}

for await (const line of createInterface({ input: process.stdin })) {
  const wanted = Number(line);
  while (clients.length < wanted) {
    const missing = Math.min(concurrentLogins, wanted - clients.length);
    await Promise.all(Array.from({ length: missing }, signInOne));
  }
  console.log(`${wanted} signed in`);
}
