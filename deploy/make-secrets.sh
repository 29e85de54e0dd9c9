#!/bin/sh
# Writes the secrets of compose.yaml to deploy/secrets/ (or to the folder that is named), one file each. Files that exist
# are kept: run it again after an upgrade that needs another one.
set -eu
umask 077

folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
# Only the owner enters the folder. The files in it are readable because Compose mounts each as it is, into containers that
# run as several users.
chmod 700 "$folder"

random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

write() {
  [ -s "$folder/$1" ] && return
  printf '%s\n' "$2" > "$folder/$1.new"
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

write postgres_password "$(random)"
write database_password "$(random)"
write database_url "postgres://darkroom:$(cat "$folder/database_password")@postgres:5432/darkroom"
write redis_password "$(random)"
write redis_url "redis://:$(cat "$folder/redis_password")@redis:6379"
write s3_access_key "$(random)"
write s3_secret_key "$(random)"
