import { numbers } from './messages.js';

/** Name of the cluster in a proxy's bootstrap that leads to the agent's socket. */
export const AGENT_CLUSTER = 'agent';

const retry = { retryBackOff: { baseInterval: { nanos: 200_000_000 }, maxInterval: { seconds: 2 } } };

/** Secrets come over streams of their own, as they do for proxies that are configured by hand. */
export const fromSds = {
  resourceApiVersion: numbers.v3,
  apiConfigSource: {
    apiType: numbers.deltaGrpc,
    transportApiVersion: numbers.v3,
    grpcServices: [{ envoyGrpc: { clusterName: AGENT_CLUSTER, retryPolicy: retry } }],
  },
};

export const fromAds = { resourceApiVersion: numbers.v3, ads: {} };
