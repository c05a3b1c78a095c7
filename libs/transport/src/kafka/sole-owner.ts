import kafkajs, { type PartitionAssigner } from 'kafkajs';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const OWNER = Buffer.from([1]);
const STANDBY = Buffer.from([0]);

/**
 * Gives every partition to one member: the group's events are then handled in the ledger's order, as on one machine,
 * and the others stand by. Who owns them keeps them when another member joins.
 */
export const soleOwner =
  (owns: () => boolean): PartitionAssigner =>
  ({ cluster }) => ({
    name: 'cartulary-sole-owner',
    version: 0,
    protocol: ({ topics }) => ({
      name: 'cartulary-sole-owner',
      metadata: MemberMetadata.encode({ version: 0, topics, userData: owns() ? OWNER : STANDBY }),
    }),
    assign: ({ members, topics }) => {
      const ids = members.map(({ memberId }) => memberId).sort();
      const owners = members.filter(({ memberMetadata }) =>
        MemberMetadata.decode(memberMetadata)?.userData.equals(OWNER),
      );
      const owner = owners.map(({ memberId }) => memberId).sort()[0] ?? ids[0];
      const everything = Object.fromEntries(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
      );
      return Promise.resolve(
        ids.map((memberId) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: 0,
            assignment: memberId === owner ? everything : {},
            userData: Buffer.alloc(0),
          }),
        })),
      );
    },
  });
