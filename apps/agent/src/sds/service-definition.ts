import { method } from '../wire/methods.js';
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  sdsMessages,
} from './messages.js';

const path = (name: string): string => `/envoy.service.secret.v3.SecretDiscoveryService/${name}`;
const both = { request: true, response: true };
const { DiscoveryRequest: Asked, DiscoveryResponse: Answer } = sdsMessages;
const { DeltaDiscoveryRequest: DeltaAsked, DeltaDiscoveryResponse: DeltaAnswer } = sdsMessages;

export const sdsServiceDefinition = {
  fetchSecrets: method<DiscoveryRequest, DiscoveryResponse>(path('FetchSecrets'), Asked, Answer),
  streamSecrets: method<DiscoveryRequest, DiscoveryResponse>(path('StreamSecrets'), Asked, Answer, both),
  deltaSecrets: method<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(
    path('DeltaSecrets'),
    DeltaAsked,
    DeltaAnswer,
    both,
  ),
};
