const extension = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

/** All that a proxy has of its own: where the agent is. Everything else comes from there. */
export const bootstrap = (socket: string, adminPort: number): object => {
  const http2 = {
    '@type': extension('upstreams.http.v3.HttpProtocolOptions'),
    explicit_http_config: { http2_protocol_options: {} },
  };
  const endpoint = { address: { pipe: { path: socket } } };
  const retry = { retry_back_off: { base_interval: '0.2s', max_interval: '2s' } };
  const ads = { resource_api_version: 'V3', ads: {} };
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'agent', retry_policy: retry } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: 'agent',
          type: 'STATIC',
          connect_timeout: '1s',
          typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 },
          load_assignment: { cluster_name: 'agent', endpoints: [{ lb_endpoints: [{ endpoint }] }] },
        },
      ],
    },
  };
};
