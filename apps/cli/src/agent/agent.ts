import { type Command, Option } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { appMain, type FindMain, startService } from '../up/service.js';
import { endOf, stopWith } from '../up/until-stopped.js';

const flags = {
  agentAuthority: ['--authority <addresses>', 'where the CA serves gRPC', 'localhost:8445'],
  agentCaFile: ['--ca-file <file>', 'authorities of the CA’s own doors', './.cartulary/root.crt'],
  agentData: ['--data <dir>', 'the agent’s own key, last good bundle and CRLs', '/var/lib/cartulary-agent'],
  agentSocket: ['--socket <path>', 'Unix socket for Envoy and SPIFFE clients', '/run/cartulary/agent.sock'],
  agentSocketMode: ['--socket-mode <mode>', '0600, 0660, 0666 or 0777', '0777'],
  agentOperationsPort: ['--operations-port <port>', 'health and metrics on 127.0.0.1', '9902'],
} as const;
type Flag = keyof typeof flags;

const variable = (name: string): string => `CARTULARY_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

interface Serving {
  readonly node: string;
  readonly socket: string;
  readonly operationsPort?: number;
}

/** The agent of this machine; it is started as a service is, and never imported. */
export const agentCommand = (context: CliContext, findMain: FindMain = appMain): Command => {
  const command = leaf({
    name: 'agent',
    summary: 'start the agent of this machine: keys, certificates and CRLs for its workloads and Envoys',
    description:
      'Makes keys here, gets certificates for them, and serves Envoy (SDS) and SPIFFE clients on a Unix socket. The first\nstart needs a join token, in CARTULARY_AGENT_JOIN_TOKEN or the file that CARTULARY_AGENT_JOIN_TOKEN_FILE names.\nEvery key of docs/agent.md can be given as CARTULARY_AGENT_….',
    examples: [
      ['CARTULARY_AGENT_JOIN_TOKEN_FILE=token cartulary agent --authority ca.mesh.example:8445', 'for the first time'],
      ['cartulary agent --authority ca.mesh.example:8445', 'from then on'],
    ],
  });
  const names = new Map<string, Flag>();
  for (const [name, [syntax, description, byDefault]] of Object.entries(flags)) {
    const option = new Option(syntax, `${description} (${byDefault}; ${variable(name)})`);
    names.set(option.attributeName(), name as Flag);
    command.addOption(option);
  }
  return command.action(async () => {
    const given = Object.entries(command.opts<Record<string, string>>());
    const set = given.map(([option, value]) => [variable(names.get(option) ?? option), value]);
    const env = { ...context.env, ...Object.fromEntries(set) } as NodeJS.ProcessEnv;
    const service = startService<Serving>({ main: findMain('agent'), args: [], env });
    stopWith(context.signal, service);
    const ready = await service.ready;
    if (!ready) throw await endOf(context, service, 'before it was ready');
    const output = new Output(context, false);
    const health = ready.operationsPort === undefined ? '' : `, health on http://127.0.0.1:${ready.operationsPort}`;
    output.done(`the agent of ${ready.node} serves ${ready.socket}${health}`);
    throw await endOf(context, service, 'by itself');
  });
};
