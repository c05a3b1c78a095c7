import type { ServiceRules } from '../mesh/service-rules.js';
import type { Inbound, Protocol } from '../mesh/mesh-description.js';
import { accessLog } from './access-log.js';
import { AGENT_CLUSTER, fromAds } from './config-source.js';
import { any, numbers, xds } from './messages.js';

/** By which a check tells the agent what listener it is for. */
export const LISTENER_HEADER = 'cartulary-listener';
/** How long a proxy waits for the agent's word on a peer. */
const CHECK_TIMEOUT = { nanos: 500_000_000 };
const rbacType = 'extensions.filters.http.rbac.v3.RBAC';

/** Exactly the callers; with none, nobody. Not enforced: as shadow rules, which only count. */
const rbac = ({ callers, enforced }: ServiceRules): object => {
  const principals = callers.map((exact) => ({ authenticated: { principalName: { exact } } }));
  const policies = principals.length > 0 ? { callers: { permissions: [{ any: true }], principals } } : {};
  const rules = { action: numbers.allow, policies };
  return enforced ? { rules } : { shadowRules: rules };
};

/** The RBAC filter of a service as a resource of its own: its change closes no connection. */
export const rbacExtension = (name: string, rules: ServiceRules): object => ({
  name,
  typedConfig: any(rbacType, xds.HttpRbac, rbac(rules)),
});

const check = (listener: string): object => ({
  envoyGrpc: { clusterName: AGENT_CLUSTER },
  timeout: CHECK_TIMEOUT,
  initialMetadata: [{ key: LISTENER_HEADER, value: listener }],
});

const extAuthz = (listener: string, { withoutAgent }: Inbound): object => ({
  grpcService: check(listener),
  failureModeAllow: withoutAgent === 'open',
  includePeerCertificate: true,
  transportApiVersion: numbers.v3,
});

interface HttpOptions {
  readonly statPrefix: string;
  readonly cluster: string;
  readonly accessLog: readonly object[];
  readonly filters: readonly object[];
  /** The local workload's proxy tries again what the other end did not begin. */
  readonly retries: boolean;
  /** Tells the workload who called, and believes nobody else's word of it. */
  readonly tellsCaller: boolean;
  /** Seconds that a request may take, from its first byte to its answer's last; undefined: as long as it likes. */
  readonly longest?: number | undefined;
}

const http = ({ statPrefix, cluster, accessLog, filters, retries, tellsCaller, longest }: HttpOptions): object => {
  const retryPolicy = { retryOn: 'connect-failure,refused-stream,reset-before-request', numRetries: { value: 2 } };
  // Streams and WebSockets last as long as they like.
  const route = { cluster, timeout: { seconds: 0 }, ...(retries && { retryPolicy }) };
  const router = {
    name: 'envoy.filters.http.router',
    typedConfig: any('extensions.filters.http.router.v3.Router', xds.Empty, {}),
  };
  const manager = {
    statPrefix,
    routeConfig: {
      name: statPrefix,
      virtualHosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route }] }],
    },
    httpFilters: [...filters, router],
    accessLog,
    ...(longest === undefined
      ? { upgradeConfigs: [{ upgradeType: 'websocket' }] }
      : { commonHttpProtocolOptions: { maxStreamDuration: { seconds: longest } } }),
    normalizePath: { value: true },
    streamIdleTimeout: { seconds: 0 },
    ...(tellsCaller && { forwardClientCertDetails: numbers.sanitizeSet, setCurrentClientCertDetails: { uri: true } }),
  };
  const type = 'extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: any(type, xds.HttpConnectionManager, manager),
  };
};

/** Rules and checks come at the client's first byte: until then the workload is not connected, unless it speaks first. */
const afterFirstByte = { upstreamConnectMode: numbers.onDownstreamData, maxEarlyDataBytes: { value: 65_536 } };

const tcp = (statPrefix: string, cluster: string, accessLog: readonly object[], more: object = {}): object => ({
  name: 'envoy.filters.network.tcp_proxy',
  typedConfig: any('extensions.filters.network.tcp_proxy.v3.TcpProxy', xds.TcpProxy, {
    ...{ statPrefix, cluster, accessLog },
    ...more,
  }),
});

export interface FilterOptions {
  readonly statPrefix: string;
  readonly cluster: string;
  readonly log: string;
  readonly service: string;
  readonly protocol: Protocol;
}

/** From the mesh to the workload, with callers known by their certificates: who may call, and was he revoked? */
export const guarded = (
  options: FilterOptions,
  guard: {
    readonly listener: string;
    readonly extension: string;
    readonly inbound: Inbound;
    readonly rules: ServiceRules;
  },
): readonly object[] => {
  const { statPrefix, cluster, log, service, protocol } = options;
  const logs = accessLog(log, service, protocol === 'http');
  const type = 'extensions.filters.network';
  const onceConnected = {
    name: 'envoy.filters.network.ext_authz',
    typedConfig: any(`${type}.ext_authz.v3.ExtAuthz`, xds.NetworkExtAuthz, {
      ...extAuthz(guard.listener, guard.inbound),
      statPrefix,
    }),
  };
  if (protocol === 'tcp') {
    const network = { ...rbac(guard.rules), statPrefix };
    const callers = {
      name: 'envoy.filters.network.rbac',
      typedConfig: any(`${type}.rbac.v3.RBAC`, xds.NetworkRbac, network),
    };
    const more = guard.inbound.speaksFirst === 'client' ? afterFirstByte : {};
    return [callers, onceConnected, tcp(statPrefix, cluster, logs, more)];
  }
  const authz = any(
    'extensions.filters.http.ext_authz.v3.ExtAuthz',
    xds.HttpExtAuthz,
    extAuthz(guard.listener, guard.inbound),
  );
  const discovered = { configSource: fromAds, typeUrls: [`type.googleapis.com/envoy.${rbacType}`] };
  const onEachRequest = guard.inbound.check === 'request';
  const longest = guard.inbound.longestRequest;
  const filters = [
    { name: guard.extension, configDiscovery: discovered },
    ...(onEachRequest ? [{ name: 'envoy.filters.http.ext_authz', typedConfig: authz }] : []),
  ];
  const manager = http({ statPrefix, cluster, accessLog: logs, filters, retries: false, tellsCaller: true, longest });
  return onEachRequest ? [manager] : [onceConnected, manager];
};

/** Without a question: plain text that the mode lets in, and what the workload itself asks for. */
export const open = (options: FilterOptions, outbound: boolean): readonly object[] => {
  const { statPrefix, cluster, log, service, protocol } = options;
  const logs = accessLog(log, service, protocol === 'http');
  if (protocol === 'tcp') return [tcp(statPrefix, cluster, logs)];
  const tells = { retries: outbound, tellsCaller: !outbound };
  return [http({ statPrefix, cluster, accessLog: logs, filters: [], ...tells })];
};
