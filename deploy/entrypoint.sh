#!/bin/sh
# Secrets come as files: each becomes the variable of its name in capitals, and the password of
# Postgres becomes the two addresses that are made of it. Then the command takes this process over.
#
# The image's commands are links to this file too: `docker compose exec` and health checks do not
# pass the entry point, and need the same addresses.
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

# In one step, for others may be reading it. On Kubernetes the chart mounts a dagster.yaml of its
# own, in a folder that is not ours to write.
home=${DAGSTER_HOME:-/nowhere}
ours=/srv/dd0c-cost/dagster.yaml
if [ -w "$home" ] && [ -f "$ours" ] && ! cmp -s "$ours" "$home/dagster.yaml"; then
  cp "$ours" "$home/dagster.yaml.$$"
  mv "$home/dagster.yaml.$$" "$home/dagster.yaml"
fi

case ${0##*/} in
  entrypoint*) exec "$@" ;;
  *) exec "${VIRTUAL_ENV:-/opt/venv}/bin/${0##*/}" "$@" ;;
esac
