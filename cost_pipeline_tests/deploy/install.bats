#!/usr/bin/env bats
# install.sh against a docker that writes down what it was asked.

setup() {
  cp -R "$SOURCE/install.sh" "$SOURCE/deploy" "$BATS_TEST_TMPDIR/"
  cd "$BATS_TEST_TMPDIR"
  mkdir bin
  cat >bin/docker <<'DOCKER'
#!/usr/bin/env bash
echo "docker $*" >>calls
case "$*" in
  info) exit "${DOCKER_INFO:-0}" ;;
  *"compose pull"*) exit "${DOCKER_PULL:-0}" ;;
  *"user list"*) cat users 2>/dev/null ;;
  *"pg_dump"*) echo "the database ${*: -1}" ;;
  *"tar --create"*) echo "the data" ;;
  *"pg_restore"*"--dbname dagster"*) cat >restored_dagster ;;
  *"pg_restore"*) cat >restored_database ;;
  *"tar --extract"*) cat >restored_data ;;
  *"--wait"*) exit "${DOCKER_UP:-0}" ;;
  *"python -c"*) echo 2026-01-01 ;;
esac
DOCKER
  chmod +x bin/docker
  PATH="$BATS_TEST_TMPDIR/bin:$PATH"
}

@test "secrets are made once, and kept from others" {
  ./install.sh --yes
  [ "$(stat -c %a secrets)" = 700 ]
  before=$(cat secrets/postgres_password)
  [ "${#before}" -eq 64 ]
  ./install.sh --yes
  [ "$(cat secrets/postgres_password)" = "$before" ]
}

@test "secrets are never printed, nor written beside their folder" {
  run ./install.sh --yes --admin ada@example.com
  secret=$(cat secrets/postgres_password)
  [[ "$output" != *"$secret"* ]]
  ! grep -q "$secret" .env calls
}

@test "a trail is remembered and its past is read" {
  run ./install.sh --yes --trail s3://logs/prefix --site cost.example.com
  [ "$status" -eq 0 ]
  grep -qx 'TRAIL_URL=s3://logs/prefix' .env
  grep -qx 'DASHBOARD_URL=https://cost.example.com' .env
  grep -q 'cost-pipeline run --trail s3://logs/prefix --since 2026-01-01' calls
  [[ "$output" == *"https://cost.example.com"* ]]
}

@test "a second run asks nothing that it knows, and changes only what it is told" {
  ./install.sh --yes --trail s3://logs --site cost.example.com
  echo 'SLACK_WEBHOOK_URL=https://hooks.example.com/x' >>.env
  ./install.sh --yes --trail s3://other
  grep -qx 'SITE=cost.example.com' .env
  grep -qx 'TRAIL_URL=s3://other' .env
  grep -qx 'SLACK_WEBHOOK_URL=https://hooks.example.com/x' .env
  [ "$(grep -c TRAIL_URL .env)" -eq 1 ]
}

@test "the first admin is made once, with a password of its own" {
  run ./install.sh --yes --admin ada@example.com
  [[ "$output" == *"Login    ada@example.com"* ]]
  echo ada@example.com >users
  run ./install.sh --yes --admin ada@example.com
  [[ "$output" != *"Login"* ]]
}

@test "no engine is said in words" {
  DOCKER_INFO=1 run ./install.sh --yes
  [ "$status" -eq 1 ]
  [[ "$output" == *"no Docker engine answers"* ]]
  [ ! -e secrets ]
}

@test "what does not become healthy is an error with the next step" {
  DOCKER_UP=1 run ./install.sh --yes
  [ "$status" -eq 1 ]
  [[ "$output" == *"docker compose logs"* ]]
}

@test "a folder is no trail for containers" {
  run ./install.sh --yes --trail /var/log/trail
  [ "$status" -eq 1 ]
  [[ "$output" == *"s3://bucket/prefix"* ]]
}

@test "a backup holds database, data and secrets, and restores them" {
  ./install.sh --yes
  ./install.sh backup saved.tgz
  [ "$(stat -c %a saved.tgz)" = 600 ]
  key=$(cat secrets/cost_pipeline_secret_key)
  rm -r secrets
  run ./install.sh restore saved.tgz
  [ "$status" -eq 0 ]
  [ "$(cat restored_database)" = "the database cost" ]
  [ "$(cat restored_dagster)" = "the database dagster" ]
  [ "$(cat restored_data)" = "the data" ]
  [ "$(cat secrets/cost_pipeline_secret_key)" = "$key" ]
}

@test "a backup overwrites nothing, and a restore refuses what is none" {
  ./install.sh --yes
  echo mine >saved.tgz
  run ./install.sh backup saved.tgz
  [ "$status" -eq 1 ]
  run ./install.sh restore saved.tgz
  [ "$status" -ne 0 ]
  ! grep -q 'DROP DATABASE' calls
}

@test "uninstall keeps the data unless told otherwise" {
  ./install.sh uninstall
  ! grep -q -- --volumes calls
  ./install.sh uninstall --volumes
  grep -q -- '--volumes' calls
}

@test "a port of one's own is remembered, and in the addresses" {
  HTTPS_PORT=8843 run ./install.sh --yes --site cost.example.com
  [[ "$output" == *"https://cost.example.com:8843/v1"* ]]
  grep -qx 'DASHBOARD_URL=https://cost.example.com:8843' .env
  run ./install.sh --yes
  [[ "$output" == *"https://cost.example.com:8843/v1"* ]]
}

@test "an upgrade fetches what the image stands on, and goes on where nothing newer can be had" {
  ./install.sh --yes
  DOCKER_PULL=1 run ./install.sh upgrade
  [ "$status" -eq 0 ]
  grep -q 'compose build --pull' calls
  [[ "$output" == *"stay as they are"* ]]
  [[ "$output" == *"Upgraded."* ]]
}
