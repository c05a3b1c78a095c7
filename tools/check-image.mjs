// `npm run check:image`: Dockerfile and docker-compose.yml, done by hand where there is no Docker.
import { run } from './run.mjs';
import { setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  const node = await setup({ compile: true });
  return run(node, [new URL('check-image/main.mjs', import.meta.url).pathname, ...process.argv.slice(2)]);
});
