// All services in one process, on an embedded Postgres.
export { StandaloneModule } from './standalone.module.js';
