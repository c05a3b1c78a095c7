// For embedded-postgres.int.spec: starts Postgres, says where, and waits to be killed.
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.js';

const [dataDirectory, stopWithParent] = process.argv.slice(2);
const { pid, port } = await startEmbeddedPostgres({
  dataDirectory: dataDirectory!,
  stopWithParent: stopWithParent === 'true',
});
process.stdout.write(JSON.stringify({ pid, port }));
setInterval(() => undefined, 1_000);
