// In the place of the image postgres:18, in its network: the owner of POSTGRES_USER, its database, port 5432.
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import pg from 'pg';

const [directory] = process.argv.slice(2);
const { POSTGRES_USER: user, POSTGRES_DB: database, POSTGRES_PASSWORD_FILE: file } = process.env;
const postgres = await startEmbeddedPostgres({ dataDirectory: directory });
const client = new pg.Client({ connectionString: postgres.ownerUrl() });
await client.connect();
const password = client.escapeLiteral(readFileSync(file, 'utf8').trim());
await client.query(`CREATE ROLE ${client.escapeIdentifier(user)} SUPERUSER LOGIN PASSWORD ${password}`);
await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)} OWNER ${client.escapeIdentifier(user)}`);
await client.end();
const server = createServer((socket) => {
  const upstream = connect(postgres.port, '127.0.0.1');
  socket.pipe(upstream).pipe(socket);
  for (const one of [socket, upstream]) one.on('error', () => [socket, upstream].forEach((end) => end.destroy()));
});
server.listen(5432, '0.0.0.0', () => process.stdout.write('ready\n'));
process.once('SIGTERM', () => void postgres.stop().finally(() => process.exit(0)));
