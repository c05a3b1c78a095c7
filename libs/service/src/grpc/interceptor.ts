import {
  type ServerInterceptingCallInterface,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import type { Connections } from './connections.js';

/** Request metadata that only we set: which connection a call came over. */
export const CONNECTION = 'cartulary-connection';

/**
 * Tells handlers the connection, and ends a call whose request does not arrive in time: grpc-js would hold it for as
 * long as the client likes.
 */
export const arrivals =
  (connections: () => Connections | undefined, milliseconds: number): ServerInterceptor =>
  (_method, call: ServerInterceptingCallInterface) => {
    let timer: NodeJS.Timeout | undefined;
    const connection = connections()?.find(call.getConnectionInfo());
    return new ServerInterceptingCall(call, {
      start: (next) => {
        timer = setTimeout(() => {
          call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: 'the request did not arrive in time' });
        }, milliseconds);
        next({
          onReceiveMetadata: (metadata, forward) => {
            metadata.set(CONNECTION, connection?.id ?? '');
            forward(metadata);
          },
          onReceiveHalfClose: (forward) => {
            clearTimeout(timer);
            forward();
          },
          onCancel: () => clearTimeout(timer),
        });
      },
      sendStatus: (ended, next) => {
        clearTimeout(timer);
        next(ended);
      },
    });
  };
