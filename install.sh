#!/usr/bin/env bash
# dd0c/cost in containers: ./install.sh [command] [options]; ./install.sh --help says which.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
Runs dd0c/cost in containers. Safe to run again: what is there stays.

  ./install.sh [install]      check, make secrets, ask three questions, start, wait, print addresses
  ./install.sh upgrade        pull or build the new image, migrate, restart
  ./install.sh status         what runs, and whether it is healthy
  ./install.sh backup FILE    the database, digests and secrets into one archive
  ./install.sh restore FILE   an archive back into place; replaces what is there
  ./install.sh uninstall      stop and remove the containers; --volumes removes the data too

Options of install, each of which answers a question beforehand:
  --trail URL        s3://bucket/prefix that holds AWSLogs/ ('' for none yet)
  --site NAME        the name people open, such as cost.example.com (default localhost)
  --admin EMAIL      who logs in first
  --days N           how many days of the trail's past to read first (default 30)
  --yes              ask nothing; take the defaults
TEXT
}

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
compose() { docker compose "$@"; }

check_docker() {
  command -v docker >/dev/null || fail "Docker is needed. Without it: make demo, or cost-pipeline up."
  docker compose version >/dev/null 2>&1 || fail "Docker's compose plugin is needed: https://docs.docker.com/compose/install/"
  docker info >/dev/null 2>&1 || fail "no Docker engine answers. Start it, or let your user talk to it (docker info says more)."
}

random() { od -An -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# The folder keeps others out; the files must be readable for the containers' own user.
make_secrets() {
  mkdir -p secrets
  chmod 700 secrets
  local name
  for name in postgres_password cost_pipeline_secret_key minio_password; do
    if [ ! -s "secrets/$name" ]; then
      random 32 >"secrets/$name"
      chmod 644 "secrets/$name"
    fi
  done
}

ask() { # variable question default
  local answer
  if [ -n "${!1+set}" ]; then return; fi
  if [ -n "$yes" ] || [ ! -t 0 ]; then
    printf -v "$1" '%s' "$3"
    return
  fi
  read -r -p "$2 [$3]: " answer
  printf -v "$1" '%s' "${answer:-$3}"
}

remember() { # name value: a line of .env, replaced where it stands
  touch .env
  chmod 600 .env
  grep -v "^$1=" .env >.env.new || true
  printf '%s=%s\n' "$1" "$2" >>.env.new
  chmod 600 .env.new
  mv .env.new .env
}

known() { [ -f .env ] && grep -q "^$1=" .env && sed -n "s/^$1=//p" .env | tail -n 1; }

address() { # site: what people open
  local port
  port=$(known HTTPS_PORT || echo 443)
  if [ "$port" = 443 ]; then echo "https://$1"; else echo "https://$1:$port"; fi
}

wait_until_healthy() {
  say "Starting, and waiting until everything answers (a minute or two)"
  compose up --detach --wait --wait-timeout 300 || {
    compose ps
    fail "something did not become healthy. The last lines of its log: docker compose logs --tail 50"
  }
}

first_login() {
  [ -n "$admin" ] || return 0
  compose exec -T app cost-pipeline user list 2>/dev/null | grep -qF "$admin" && return 0
  local password
  password=$(random 9)
  compose exec -T -e COST_PIPELINE_PASSWORD="$password" app \
    cost-pipeline user add "$admin" --role admin >/dev/null
  say "Login    $admin  $password   (shown once; change it after the first login)"
}

read_the_past() {
  [ -n "$trail" ] || return 0
  local since
  since=$(compose exec -T app python -c \
    "from datetime import date, timedelta; print(date.today() - timedelta(days=$days))")
  say "Reading the trail from $since on"
  compose exec -T app cost-pipeline run --trail "$trail" --since "$since" ||
    say "The trail could not be read to the end: docker compose exec app cost-pipeline doctor"
}

install() {
  local yes="" days=30
  while [ $# -gt 0 ]; do
    case $1 in
      --trail) trail=${2?--trail needs a value}; shift ;;
      --site) site=${2?--site needs a value}; shift ;;
      --admin) admin=${2?--admin needs a value}; shift ;;
      --days) days=${2?--days needs a value}; shift ;;
      --yes) yes=1 ;;
      s3://*) trail=$1 ;;
      *) usage >&2; fail "unknown option $1" ;;
    esac
    shift
  done
  case $days in '' | *[!0-9]*) fail "--days needs a number, not '$days'" ;; esac
  check_docker
  make_secrets
  ask trail "Where CloudTrail delivers (s3://bucket/prefix; empty for later)" "$(known TRAIL_URL || true)"
  ask site "The name that people open" "$(known SITE || echo localhost)"
  ask admin "E-mail of the first login (empty for none)" ""
  case $trail in '' | s3://*) ;; *) fail "a trail in containers is s3://bucket/prefix, not '$trail'" ;; esac
  remember TRAIL_URL "$trail"
  remember SITE "$site"
  local name address
  for name in HTTP_PORT HTTPS_PORT DAGSTER_PORT AGENT_PORT; do
    [ -z "${!name:-}" ] || remember "$name" "${!name}"
  done
  address=$(address "$site")
  remember DASHBOARD_URL "$address"
  compose build --quiet
  wait_until_healthy
  first_login
  read_the_past
  say "App      $address"
  say "API      $address/v1  (description: $address/openapi.json)"
  [ "$site" != localhost ] || say "         (the certificate of localhost is Caddy's own: browsers warn of it)"
  say "Dagster  http://localhost:$(known DAGSTER_PORT || echo 3000)  (this machine alone)"
  say "Settings .env: AWS credentials (or an instance role), SLACK_WEBHOOK_URL, SMTP_HOST; then ./install.sh again"
}

upgrade() {
  check_docker
  make_secrets
  compose build --pull --quiet
  compose pull --quiet postgres caddy || say "Postgres and Caddy stay as they are: no newer image could be fetched."
  wait_until_healthy
  say "Upgraded."
}

backup() {
  local file=${1?backup needs the name of the archive to write}
  check_docker
  [ ! -e "$file" ] || fail "$file is there already"
  umask 077
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  local database
  for database in cost dagster; do
    compose exec -T postgres pg_dump --username cost --format custom "$database" >"$work/$database.dump"
  done
  compose exec -T app tar --create --directory /home/cost data >"$work/data.tar"
  cp -R secrets "$work/secrets"
  [ ! -f .env ] || cp .env "$work/env"
  tar --create --gzip --file "$file" --directory "$work" .
  say "Wrote $file. It holds the secrets: keep it as safe as the database."
}

load() { # database file: in place of what the database holds
  compose exec -T postgres psql --username cost --quiet --dbname postgres \
    --command "DROP DATABASE IF EXISTS $1 WITH (FORCE)" --command "CREATE DATABASE $1"
  compose exec -T postgres pg_restore --username cost --dbname "$1" --exit-on-error <"$2"
}

restore() {
  local file=${1?restore needs the name of an archive}
  check_docker
  [ -f "$file" ] || fail "there is no $file"
  umask 077
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tar --extract --gzip --file "$file" --directory "$work"
  [ -s "$work/cost.dump" ] || fail "$file holds no database: was it made by ./install.sh backup?"
  # The server keeps the password it was made with; ours goes along with the data it signs.
  make_secrets
  cp "$work/secrets/cost_pipeline_secret_key" secrets/cost_pipeline_secret_key
  [ -f .env ] || [ ! -f "$work/env" ] || cp "$work/env" .env
  compose --profile '*' stop daemon code-server webserver app api receiver >/dev/null 2>&1 || true
  compose up --detach --wait postgres
  compose exec -T postgres sh -c \
    'psql --username cost --quiet --dbname postgres --command "DO \$\$ BEGIN CREATE ROLE cost_app NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"'
  load cost "$work/cost.dump"
  [ ! -s "$work/dagster.dump" ] || load dagster "$work/dagster.dump"
  compose build --quiet
  wait_until_healthy
  compose exec -T app tar --extract --directory /home/cost <"$work/data.tar"
  say "Restored from $file."
}

uninstall() {
  check_docker
  if [ "${1:-}" = --volumes ]; then
    compose --profile '*' down --volumes --remove-orphans
    say "Removed, with all data. secrets/ and .env are left: delete them yourself."
  else
    compose --profile '*' down --remove-orphans
    say "Stopped and removed. The data stays in Docker's volumes: ./install.sh brings it back."
  fi
}

command=install
case ${1:-} in
  install | upgrade | status | backup | restore | uninstall) command=$1; shift ;;
  -h | --help | help) usage; exit 0 ;;
esac
case $command in
  status) check_docker; compose ps ;;
  *) "$command" "$@" ;;
esac
