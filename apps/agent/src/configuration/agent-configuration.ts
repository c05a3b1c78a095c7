import {
  booleanKind,
  type ConfigOf,
  defineConfig,
  enumKind,
  integerKind,
  key,
  keys,
  listKind,
  patternKind,
  portKind,
  secretKind,
  textKind,
  urlKind,
} from '@cartulary/runtime';

const addressKind = patternKind(
  'host:port',
  /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$/,
  260,
  'a host and a port, such as `ca.mesh.example:8445`',
);

const listenerKind = patternKind(
  'proxy=host:port',
  /^[\x21-\x2b\x2d-\x7e]{1,128}=(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$/,
  128,
  'a proxy’s node id, and host and port of a listener, such as `sidecar-7=127.0.0.1:8443`',
);

/** The agent's keys. Everything else of docs/configuration.md is the services' and is not looked at here. */
export const agentConfiguration = defineConfig(
  {
    'The CA': {
      agentAuthority: key(listKind(addressKind), {
        default: 'localhost:8445',
        description: 'Where issuance serves gRPC; of several, one that answers is taken.',
      }),
      agentTrustAuthority: key(listKind(addressKind), {
        derived: 'as `agentAuthority`',
        description: 'Where revocation serves gRPC, from which trust comes; differs where services run apart.',
      }),
      agentCaFile: key(textKind, {
        default: './.cartulary/root.crt',
        description: 'PEM certificates of the authorities that the CA’s own doors are checked against.',
      }),
      agentJoinToken: key(secretKind, {
        absent: 'only an agent that has its certificate starts without it',
        description: 'Join token for this node. Spent by the first start.',
      }),
    },
    'This machine': {
      agentData: key(textKind, {
        default: '/var/lib/cartulary-agent',
        description: 'Directory (0700) for the agent’s own key and certificate, and the last good bundle and CRLs.',
      }),
      agentSocket: key(textKind, {
        default: '/run/cartulary/agent.sock',
        description: 'Unix socket for Envoy (SDS) and for SPIFFE clients; at most 100 characters.',
      }),
      agentSocketMode: key(enumKind(['0600', '0660', '0666', '0777']), {
        default: '0777',
        description: 'Who may connect at all. Who gets what is decided by the kernel’s word of who that is.',
      }),
      agentMeshFile: key(textKind, {
        absent: 'proxies bring their own configuration',
        description:
          'JSON file of this node’s workloads, their ports, and the services’ rules, served to proxies as xDS.',
      }),
      agentExportsFile: key(textKind, {
        absent: 'no files are written',
        description:
          'JSON file of the directories that certificates, keys and CRLs are kept in as PEM, and who reads them.',
      }),
      agentCanaries: key(booleanKind, {
        default: 'true',
        description:
          'Whether proxies here are tried with canaries, so that it is known which of them enforce a CRL: one handshake each with a revoked and a good certificate.',
      }),
      agentCanaryListeners: key(listKind(listenerKind), {
        absent: 'those of the mesh file alone',
        description:
          'Listeners of proxies that bring their own configuration, to be tried too: node id (`--service-node`) and address of each.',
      }),
      agentKeys: key(enumKind(['memory', 'files']), {
        default: 'memory',
        description:
          'Where workloads’ keys are. With `files` (0600, in the data directory) they outlive the agent, also while the CA is away.',
      }),
      agentStaples: key(booleanKind, {
        default: 'false',
        description: 'Whether OCSP answers about certificates are got for proxies to staple.',
      }),
      agentResponder: key(urlKind(['http:', 'https:']), {
        absent: 'each certificate says where (its authority information access)',
        description: 'URL of the OCSP responder that is asked for these.',
      }),
      agentMaxConnections: key(integerKind(1, 100_000), {
        default: '1024',
        description: 'Most connections to the socket at once; more are closed.',
      }),
      agentMaxConnectionsPerUser: key(integerKind(1, 100_000), {
        default: '256',
        description: 'Most of these by one uid, so that none takes all.',
      }),
      agentOperationsPort: key(portKind, {
        default: '9902',
        description: 'Port on 127.0.0.1 for /healthz, /readyz and /metrics; 0 takes a free one.',
      }),
      agentOperations: key(booleanKind, {
        default: 'true',
        description: 'Whether that port is opened at all.',
      }),
    },
    Operations: keys.sections.Operations,
  },
  {
    derive: { agentTrustAuthority: (config) => config.agentAuthority },
    rules: [
      {
        key: 'agentSocket',
        hint: 'an absolute path of at most 100 characters: the kernel takes no longer one',
        holds: (config) => config.agentSocket.startsWith('/') && Buffer.byteLength(config.agentSocket) <= 100,
      },
      {
        key: 'agentMaxConnectionsPerUser',
        hint: 'at most `agentMaxConnections`',
        holds: (config) => config.agentMaxConnectionsPerUser <= config.agentMaxConnections,
      },
    ],
  },
);

export type AgentConfig = ConfigOf<typeof agentConfiguration>;

export const AGENT_CONFIG = Symbol('cartulary:agent-config');
