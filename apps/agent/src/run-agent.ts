import {
  ConfigurationError,
  createLogger,
  exitCode,
  Health,
  loadConfigOrExit,
  runUntilSignalled,
  Shutdown,
  SystemClock,
} from '@cartulary/runtime';
import { GrpcAuthority } from './authority/grpc-authority.js';
import { agentConfiguration, type AgentConfig } from './configuration/agent-configuration.js';
import { notOurs } from './configuration/not-ours.js';
import { AgentFiles } from './configuration/agent-files.js';
import type { FileExport } from './files/file-export.js';
import { readExports } from './files/read-exports.js';
import { NodeFileError } from './configuration/fields.js';
import type { MeshDescription } from './mesh/mesh-description.js';
import { readMesh } from './mesh/read-mesh.js';
import { startAgent } from './start-agent.js';

const authorityOf = ({ agentAuthority, agentTrustAuthority, agentCaFile }: AgentConfig): GrpcAuthority => {
  try {
    const services = { agentService: agentAuthority, trustService: agentTrustAuthority };
    return new GrpcAuthority({ ...services, caFile: agentCaFile }, new SystemClock());
  } catch (error) {
    const { code = 'cannot be read' } = error as NodeJS.ErrnoException;
    const hint = 'name the PEM file with the authorities of the CA’s own doors, such as root.crt of its data directory';
    throw new ConfigurationError([{ key: 'CARTULARY_AGENT_CA_FILE', value: agentCaFile, message: code, hint }]);
  }
};

/** What a JSON file says; a wrong one is a mistake of the configuration. */
const described = async <T>(key: string, file: string | undefined, read: (file: string) => Promise<T>) => {
  if (file === undefined) return undefined;
  try {
    return await read(file);
  } catch (error) {
    if (!(error instanceof NodeFileError)) throw error;
    const hint = 'docs/agent.md says what is in it';
    throw new ConfigurationError([{ key, value: file, message: error.message, hint }]);
  }
};

interface Described {
  readonly mesh?: MeshDescription;
  readonly exports?: readonly FileExport[];
}

const describedBy = async ({ agentMeshFile, agentExportsFile }: AgentConfig): Promise<Described> => {
  const mesh = await described('CARTULARY_AGENT_MESH_FILE', agentMeshFile, readMesh);
  const exports = await described('CARTULARY_AGENT_EXPORTS_FILE', agentExportsFile, readExports);
  return { ...(mesh && { mesh }), ...(exports && { exports }) };
};

/** Starts, says where it is, and stays up until it is signalled. Exits with 78 when the configuration is wrong. */
export const runAgent = async (args: readonly string[]): Promise<void> => {
  const config = loadConfigOrExit(agentConfiguration, args, { ignore: notOurs });
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  const health = new Health();
  const shutdown = new Shutdown({ logger, timeoutMs: config.shutdownTimeout, health });
  try {
    const descriptions = await describedBy(config);
    const files = await AgentFiles.open(config.agentData);
    const authority = authorityOf(config);
    shutdown.register('CA', () => authority.close());
    const { app, ...ready } = await startAgent({ config, files, authority, health, ...descriptions }, logger);
    shutdown.register('agent', () => app.close());
    logger.info(ready, 'the agent serves');
    process.send?.({ type: 'ready', ...ready });
  } catch (error) {
    const misconfigured = error instanceof ConfigurationError;
    if (misconfigured) process.stderr.write(`${error.message}\n`);
    else logger.fatal({ err: error }, 'could not start');
    process.send?.({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    await shutdown.close('failed to start');
    process.exit(misconfigured ? exitCode.configuration : exitCode.failure);
  }
  await runUntilSignalled(shutdown);
};
