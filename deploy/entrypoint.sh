#!/bin/sh
# Secrets come as files: each becomes the variable of its name in capitals, and the password of
# Postgres becomes the two addresses that are made of it. Then the command takes this process over.
set -eu

secrets=${SECRETS_DIR:-/run/secrets}
for file in "$secrets"/*; do
  [ -f "$file" ] || continue
  name=$(basename "$file" | tr '[:lower:]' '[:upper:]')
  export "$name=$(cat "$file")"
done

server=${POSTGRES_HOST:-postgres}:${POSTGRES_PORT:-5432}
if [ -n "${POSTGRES_PASSWORD:-}" ]; then
  export DATABASE_URL="${DATABASE_URL:-postgresql://cost:$POSTGRES_PASSWORD@$server/cost}"
  export DAGSTER_PG_URL="${DAGSTER_PG_URL:-postgresql+psycopg2://cost:$POSTGRES_PASSWORD@$server/dagster}"
  unset POSTGRES_PASSWORD
fi

if [ -d "${DAGSTER_HOME:-/nowhere}" ] && [ -f dagster.yaml ]; then
  cp dagster.yaml "$DAGSTER_HOME/dagster.yaml"
fi

exec "$@"
