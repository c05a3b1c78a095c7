import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@cartulary/testing';
import { Door } from './door.js';
import { installed } from './installed.js';
import { clockEnvironment, type KnownJudge } from './judge.js';

const extension = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

const configuration = (port: number): object => ({
  static_resources: {
    listeners: [
      {
        name: 'door',
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          {
            transport_socket: {
              name: 'envoy.transport_sockets.tls',
              typed_config: {
                '@type': extension('transport_sockets.tls.v3.DownstreamTlsContext'),
                require_client_certificate: true,
                disable_stateless_session_resumption: true,
                common_tls_context: {
                  tls_certificates: [
                    { certificate_chain: { filename: 'server.pem' }, private_key: { filename: 'server.key' } },
                  ],
                  validation_context: { trusted_ca: { filename: 'root.pem' }, crl: { filename: 'crls.pem' } },
                },
              },
            },
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
                  stat_prefix: 'door',
                  route_config: {
                    virtual_hosts: [
                      {
                        ...{ name: 'all', domains: ['*'] },
                        routes: [
                          { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } },
                        ],
                      },
                    ],
                  },
                  http_filters: [
                    {
                      name: 'envoy.filters.http.router',
                      typed_config: { '@type': extension('filters.http.router.v3.Router') },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  },
});

/** Envoy with a CRL file in its validation context; it wants one for every CA of the path. */
const open: KnownJudge['open'] = async ({ directory: parent, server, root, crls, clock }) => {
  const directory = await mkdtemp(join(parent, 'envoy-'));
  const [port] = (await freePorts(1)) as [number];
  const files = {
    'envoy.json': JSON.stringify(configuration(port)),
    'server.pem': server.certificate + server.chain,
    'server.key': server.keyPem,
    'root.pem': root,
    'crls.pem': crls,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
  const quiet = ['--log-level', 'warn', '--disable-hot-restart', '--concurrency', '1'];
  const program = { command: installed('envoy'), args: ['-c', 'envoy.json', ...quiet], directory, port };
  const door = await Door.open({ ...program, env: clockEnvironment(clock) }, root);
  return { judge: (exhibit) => door.knock(exhibit), close: () => door.close() };
};

export const envoyJudges: readonly KnownJudge[] = [{ name: 'Envoy', by: 'a CRL file', open }];
