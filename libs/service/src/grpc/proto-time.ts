import type { ProtoTimestamp } from '@cartulary/contracts';

/** google.protobuf.Timestamp */
export const protoTime = (time: Date | string): ProtoTimestamp => {
  const ms = new Date(time).getTime();
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: (ms - seconds * 1_000) * 1_000_000 };
};
