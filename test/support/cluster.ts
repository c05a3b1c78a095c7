// Lives where the demonstration can use it, too.
export { Cluster, type ClusterOptions } from '@cartulary/testing';
