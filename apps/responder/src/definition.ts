import type { ServiceDefinition } from '@cartulary/service';
import { IssuedOcspDelegation } from './delegate/issued-ocsp-delegation.js';
import { PublicServer } from './http/public-server.js';
import { ResponderModule } from './responder.module.js';

/** A responder by itself: the transport is all that it reads, and no key of a CA is within its reach. */
export const definition: ServiceDefinition = {
  name: 'responder',
  needs: {},
  module: (issuance, { config, data }) =>
    ResponderModule.with({
      delegation: { useValue: new IssuedOcspDelegation(issuance) },
      storage: { data, snapshotInterval: config.snapshotInterval },
    }),
  listen: async (app, { publicHost: host, publicPort: port, publicReusePort: reusePort }) => {
    const server = app.get(PublicServer);
    const bound = await server.start({ host, port, reusePort });
    return { port: bound.port, close: () => server.close() };
  },
};
