#!/bin/sh
# What each user of Cartulary may do on a Kafka that asks (StandardAuthorizer, everything else denied). Run once by an
# administrator, again whenever a release says so; it only adds. The users have to be there:
#
#   kafka-configs.sh --bootstrap-server … --alter --add-config 'SCRAM-SHA-512=[password=…]' --entity-type users --entity-name cartulary
#
#   KAFKA_ACLS='kafka-acls.sh --bootstrap-server kafka:9093 --command-config admin.properties' deploy/kafka/acls.sh
set -eu

kafka_acls=${KAFKA_ACLS:-kafka-acls.sh}
prefix=${CARTULARY_KAFKA_PREFIX:-cartulary}
ledger=${CARTULARY_LEDGER_USER:-cartulary}
responder=${CARTULARY_RESPONDER_USER:-cartulary-responder}

# What a responder folds, besides the state that it starts from; no identities, tokens, keys or dead letters.
responder_topics='certificate issuer publication trust-domain revoked'

allow() { # word splitting of the command is meant
  # shellcheck disable=SC2086
  $kafka_acls --add --force "$@"
}

# Services with a ledger (issuance, rotation, revocation, inventory): each may become the relay, which makes the topics.
allow --allow-principal "User:$ledger" --resource-pattern-type prefixed --topic "$prefix." \
  --operation Create --operation Describe --operation Read --operation Write
allow --allow-principal "User:$ledger" --resource-pattern-type prefixed --group "$prefix." \
  --operation Describe --operation Read --operation Delete

# Responders read, and nothing else. Their groups are theirs alone and live as long as they read.
set --
for topic in $responder_topics; do set -- "$@" --topic "$prefix.$topic"; done
allow --allow-principal "User:$responder" --operation Describe --operation Read "$@"
allow --allow-principal "User:$responder" --resource-pattern-type prefixed --topic "$prefix.state." \
  --operation Describe --operation Read
for group in follow- read-; do
  allow --allow-principal "User:$responder" --resource-pattern-type prefixed --group "$prefix.$group" \
    --operation Describe --operation Read --operation Delete
done
