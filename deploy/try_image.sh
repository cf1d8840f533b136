#!/usr/bin/env bash
# The image's steps without an engine: what the Dockerfile installs and starts, in a temporary
# folder, on an embedded Postgres. ./deploy/try_image.sh [folder]; PYTHON names another Python.
#
# Not tried: the base image, the read-only root file system, and the networks between containers.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
prefix=${1:-$(mktemp -d /tmp/dd0c-image.XXXXXX)}
srv=$prefix/srv venv=$prefix/venv
pids=()

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }
finish() {
  local code=$? signal
  for signal in TERM KILL; do
    for pid in "${pids[@]}"; do kill "-$signal" -- "-$pid" 2>/dev/null || true; done
    answers 20 all_ended || true
  done
  [ "$code" -eq 0 ] || tail -n 20 "$prefix"/log/*.log 2>/dev/null || true
  rm -rf "$prefix"
  exit "$code"
}
trap finish EXIT

free_port() { "$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start() { # name command…: in a process group of its own, with a log
  local name=$1
  shift
  setsid "$@" >"$prefix/log/$name.log" 2>&1 &
  pids+=("$!")
}

answers() { # seconds command…
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 1
  done
}

all_ended() { for pid in "${pids[@]}"; do ! kill -0 -- "-$pid" || return 1; done; }

page() { "$venv/bin/python" -c "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)" "$1"; }

mkdir -p "$prefix/log" "$prefix/secrets" "$prefix/home/data" "$prefix/home/dagster" "$srv"
chmod 755 "$prefix" "$prefix/home" "$prefix/home/data"

say "Installing requirements.lock, with hashes"
"${PYTHON:-python3}" -m venv "$venv"
cp "$source/requirements.lock" "$srv/"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps \
  -r "$srv/requirements.lock"

say "Copying what the Dockerfile copies"
cp -R "$source"/{pyproject.toml,README.md,cost_pipeline,ui,.streamlit,dagster.yaml} "$srv/"
cp "$source/deploy/workspace.yaml" "$srv/workspace.yaml"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --editable "$srv"
"$venv/bin/pip" check

say "Starting Postgres"
postgres_port=$(free_port)
od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$prefix/secrets/postgres_password"
od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$prefix/secrets/cost_pipeline_secret_key"
cat >"$prefix/postgres.py" <<'PYTHON'
import signal, sys, time
from pathlib import Path

import psycopg

from cost_pipeline.local.postgres import EmbeddedPostgres

signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which stops the server too
prefix, port = Path(sys.argv[1]), sys.argv[2]
folder = prefix / "postgres"
folder.mkdir(mode=0o755)
(folder / "port").write_text(port)
password = (prefix / "secrets" / "postgres_password").read_text()
with EmbeddedPostgres(folder).running() as url:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE cost LOGIN SUPERUSER PASSWORD '{password}'")
        conn.execute("ALTER DATABASE cost OWNER TO cost")
        conn.execute("CREATE DATABASE dagster OWNER cost")
    (prefix / "postgres_is_up").touch()
    while True:
        time.sleep(1)
PYTHON
start postgres "$venv/bin/python" "$prefix/postgres.py" "$prefix" "$postgres_port"
answers 60 test -e "$prefix/postgres_is_up"

export PATH="$venv/bin:$PATH" SECRETS_DIR="$prefix/secrets" POSTGRES_HOST=127.0.0.1
export POSTGRES_PORT=$postgres_port PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
export COST_PIPELINE_HOME="$prefix/home/data" DAGSTER_HOME="$prefix/home/dagster"
export SWEEP_ENABLED=false PRICE_REFRESH=false
unset DATABASE_URL DAGSTER_PG_URL
cd "$srv"
enter=$source/deploy/entrypoint.sh

say "Migrating, through the entrypoint"
"$enter" cost-pipeline migrate

say "Starting code server, app and API"
code=$(free_port) app=$(free_port) api=$(free_port)
start code-server "$enter" dagster api grpc --module-name cost_pipeline.definitions \
  --host 127.0.0.1 --port "$code"
start app "$enter" streamlit run ui/asgi.py --server.address 127.0.0.1 --server.port "$app" \
  --server.headless true --server.fileWatcherType none --browser.gatherUsageStats false
start api "$enter" cost-pipeline api --host 127.0.0.1 --port "$api"
answers 180 dagster api grpc-health-check --port "$code" || { say "the code server is not well"; exit 1; }
say "code server answers"
answers 90 page "http://127.0.0.1:$app/auth/health" || { say "the app is not well"; exit 1; }
say "app answers"
answers 90 page "http://127.0.0.1:$api/healthz" || { say "the API is not well"; exit 1; }
say "API answers"

"$enter" cost-pipeline user list >/dev/null
say "All of the image's steps went well."
