#!/usr/bin/env sh
# Starts dd0c/cost in containers: ./install.sh [s3://bucket/prefix]
set -eu
cd "$(dirname "$0")"

docker compose version >/dev/null 2>&1 || {
  echo "Docker with its compose plugin is needed. Without Docker: make demo, or cost-pipeline up." >&2
  exit 1
}

if [ ! -f .env ]; then
  umask 077
  secret() { od -An -tx1 -N24 /dev/urandom | tr -d ' \n'; }
  {
    echo "POSTGRES_PASSWORD=$(secret)"
    echo "COST_PIPELINE_SECRET_KEY=$(secret)$(secret)"
    echo "# AWS_REGION=eu-west-1"
    echo "# AWS_ACCESS_KEY_ID="
    echo "# AWS_SECRET_ACCESS_KEY="
    echo "# SLACK_WEBHOOK_URL="
    echo "# SMTP_HOST="
    echo "# MAIL_TO="
  } >.env
  echo "Wrote .env with new secrets; put AWS credentials and channels there, or use an instance role."
fi

docker compose build --quiet
docker compose up --detach --wait

if [ -n "${1:-}" ]; then
  since=$(docker compose exec -T code-server python -c \
    'from datetime import date, timedelta; print(date.today() - timedelta(days=30))')
  docker compose exec code-server cost-pipeline run --trail "$1" --since "$since" ||
    echo "The trail could not be read to the end: see above; docker compose exec code-server cost-pipeline doctor"
fi

echo
echo "App      http://localhost:8501   (a login: docker compose exec code-server cost-pipeline user add you@example.com --role admin)"
echo "Dagster  http://localhost:3000"
