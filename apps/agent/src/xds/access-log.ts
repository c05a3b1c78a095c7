import { any, xds } from './messages.js';

const fields = {
  time: '%START_TIME%',
  duration_ms: '%DURATION%',
  peer: '%DOWNSTREAM_PEER_URI_SAN%',
  peer_serial: '%DOWNSTREAM_PEER_SERIAL%',
  local: '%DOWNSTREAM_LOCAL_URI_SAN%',
  upstream_peer: '%UPSTREAM_PEER_URI_SAN%',
  upstream_local: '%UPSTREAM_LOCAL_URI_SAN%',
  bytes_in: '%BYTES_RECEIVED%',
  bytes_out: '%BYTES_SENT%',
  flags: '%RESPONSE_FLAGS%',
};
const ofHttp = {
  method: '%REQ(:METHOD)%',
  status: '%RESPONSE_CODE%',
  details: '%RESPONSE_CODE_DETAILS%',
  shadow: '%DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_engine_result)%',
};

/** JSON lines with both identities. No path or header: these may hold what is nobody's business here. */
export const accessLog = (path: string, service: string, http: boolean): readonly object[] => {
  const entries = Object.entries({ service, ...fields, ...(http ? ofHttp : {}) });
  const struct = { fields: Object.fromEntries(entries.map(([key, stringValue]) => [key, { stringValue }])) };
  const typedConfig = any('extensions.access_loggers.file.v3.FileAccessLog', xds.FileAccessLog, {
    path,
    logFormat: { jsonFormat: struct },
  });
  return [{ name: 'envoy.access_loggers.file', typedConfig }];
};
