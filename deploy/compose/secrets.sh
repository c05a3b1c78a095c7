#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once; what is there stays. Only their directory keeps others out:
# a container sees the file alone, and reads it as a user of its own.
set -eu
directory=$(dirname "$0")/../secrets
mkdir -p -m 0700 "$directory"
for name in owner-password services-password keystore-passphrase; do
  [ -s "$directory/$name" ] && continue
  openssl rand -hex 24 > "$directory/$name"
  chmod 0444 "$directory/$name"
done
