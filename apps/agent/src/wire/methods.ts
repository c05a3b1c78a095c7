import type { MethodDefinition } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';
import { decode, encode } from './messages.js';

interface Streams {
  readonly request?: boolean;
  readonly response?: boolean;
}

/** One method of a service, for grpc-js. */
export const method = <Request extends object, Response extends object>(
  path: string,
  request: Type,
  response: Type,
  streams: Streams = {},
): MethodDefinition<Request, Response> => ({
  path,
  requestStream: streams.request ?? false,
  responseStream: streams.response ?? false,
  requestSerialize: (message) => encode(request, message),
  requestDeserialize: (bytes) => decode<Request>(request, bytes),
  responseSerialize: (message) => encode(response, message),
  responseDeserialize: (bytes) => decode<Response>(response, bytes),
});
