// All services in one process, on an embedded Postgres.
export { standaloneModule } from './standalone.module.js';
