import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Inbound, Outbound, Workload } from '../mesh/mesh-description.js';
import type { ServiceRules } from '../mesh/service-rules.js';
import type { Any } from '../sds/messages.js';
import { encode } from '../wire/messages.js';
import { guarded, open, rbacExtension } from './filters.js';
import { any, numbers, typeUrls, xds } from './messages.js';
import { clientTls, serverTls } from './tls.js';

/** One resource of xDS. */
export interface Resource {
  readonly typeUrl: string;
  readonly name: string;
  /** `<generation>-<hash of the content>`: the same content has the same version in every process. */
  readonly version: string;
  readonly resource: Any;
}

export interface ResourceContext {
  find(service: string): ServiceRules | undefined;
  /** How often connections through this one were to be made anew. */
  generationOf(key: string): number;
}

/** Names of what has generations: a workload's listeners and clusters. */
export const inboundName = ({ service, port }: Inbound): string => `in/${service}/${port}`;
export const outboundName = ({ service }: Pick<Outbound, 'service'>): string => `out/${service}`;
export const keyOf = (workload: Pick<Workload, 'name'>, name: string): string => `${workload.name}/${name}`;

const versioned = (typeUrl: string, name: string, value: Buffer, generation: number): Resource => {
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 16);
  return { typeUrl, name, version: `${generation}-${hash}`, resource: { typeUrl, value } };
};

const address = (host: string, portValue: number): object => ({ socketAddress: { address: host, portValue } });

const cluster = (
  name: string,
  endpoints: readonly { readonly host: string; readonly port: number }[],
  { tls, http, generation }: { readonly tls?: object; readonly http: boolean; readonly generation: number },
): Resource => {
  const lbEndpoints = endpoints.map(({ host, port }) => ({ endpoint: { address: address(host, port) } }));
  const options = { useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} } };
  const optionsName = 'extensions.upstreams.http.v3.HttpProtocolOptions';
  const value = encode(xds.Cluster, {
    name,
    type: endpoints.every(({ host }) => isIPv4(host)) ? numbers.static : numbers.strictDns,
    connectTimeout: { seconds: 2 },
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints }] },
    ...(tls && { transportSocket: tls }),
    ...(http && {
      typedExtensionProtocolOptions: { [`envoy.${optionsName}`]: any(optionsName, xds.HttpProtocolOptions, options) },
    }),
    // Nothing reads it: another generation is another cluster, with new connections.
    metadata: { filterMetadata: { cartulary: { fields: { generation: { stringValue: String(generation) } } } } },
  });
  return versioned(typeUrls.cluster, name, value, generation);
};

const listener = (
  name: string,
  at: object,
  filterChains: readonly object[],
  direction: 1 | 2,
  generation: number,
): Resource => {
  const inspector = {
    name: 'envoy.filters.listener.tls_inspector',
    typedConfig: any('extensions.filters.listener.tls_inspector.v3.TlsInspector', xds.Empty, {}),
  };
  const value = encode(xds.Listener, {
    name,
    address: at,
    filterChains,
    ...(filterChains.length > 1 && { listenerFilters: [inspector] }),
    trafficDirection: direction,
  });
  return versioned(typeUrls.listener, name, value, generation);
};

const inboundResources = (
  workload: Workload,
  inbound: Inbound,
  rules: ServiceRules,
  generation: number,
): Resource[] => {
  const { service, appPort, protocol } = inbound;
  const http = protocol === 'http';
  const name = inboundName(inbound);
  const app = cluster(`app/${service}/${inbound.port}`, [{ host: '127.0.0.1', port: appPort }], {
    http,
    generation: 0,
  });
  const extension = `rbac/${service}/${inbound.port}`;
  const options = { cluster: app.name, log: workload.accessLog, service, protocol };
  const guard = { listener: keyOf(workload, name), extension, inbound, rules };
  // Another name is another chain: Envoy closes what came in by the one before, and leaves the plain one alone.
  const secure = {
    name: `tls/${generation}`,
    filters: guarded({ ...options, statPrefix: `in_${service}` }, guard),
    transportSocket: serverTls(workload.identity, http),
  };
  const plain = { name: 'plain', filters: open({ ...options, statPrefix: `plain_${service}` }, false) };
  const chains = {
    strict: [secure],
    disabled: [plain],
    permissive: [
      { ...secure, filterChainMatch: { transportProtocol: 'tls' } },
      { ...plain, filterChainMatch: { transportProtocol: 'raw_buffer' } },
    ],
  }[rules.mode];
  const resources = [app, listener(name, address(inbound.address, inbound.port), chains, 1, generation)];
  if (!http || rules.mode === 'disabled') return resources;
  const rbac = encode(xds.TypedExtensionConfig, rbacExtension(extension, rules));
  return [...resources, versioned(typeUrls.extension, extension, rbac, 0)];
};

const outboundResources = (
  workload: Workload,
  outbound: Outbound,
  rules: ServiceRules,
  generation: number,
): Resource[] => {
  const { service, port, protocol, endpoints } = outbound;
  const name = outboundName(outbound);
  const tls = rules.mode === 'disabled' ? {} : { tls: clientTls(workload.identity, rules.runs) };
  const there = cluster(name, endpoints, { ...tls, http: protocol === 'http', generation });
  const options = { statPrefix: `out_${service}`, cluster: name, log: workload.accessLog, service, protocol };
  const chain = { name: `out/${generation}`, filters: open(options, true) };
  return [there, listener(name, address('127.0.0.1', port), [chain], 2, generation)];
};

/** Everything for one workload's proxy. What has no rules is not served: a door that nobody guards stays shut. */
export const resourcesOf = (workload: Workload, context: ResourceContext): readonly Resource[] => {
  const generation = (name: string): number => context.generationOf(keyOf(workload, name));
  const coming = workload.inbound.flatMap((inbound) => {
    const rules = context.find(inbound.service);
    return rules ? inboundResources(workload, inbound, rules, generation(inboundName(inbound))) : [];
  });
  const going = workload.outbound.flatMap((outbound) => {
    const rules = context.find(outbound.service);
    return rules ? outboundResources(workload, outbound, rules, generation(outboundName(outbound))) : [];
  });
  return [...coming, ...going];
};
