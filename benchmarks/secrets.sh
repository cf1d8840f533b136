#!/bin/sh
# Secrets in the files and in the history: by gitleaks where it is installed, else by its best rules.
set -eu
if command -v gitleaks >/dev/null; then
  exec gitleaks detect --no-banner --redact --source . # both before and since 8.19
fi
rules='AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|xox[abpr]-[0-9A-Za-z-]{10,}|gh[pousr]_[0-9A-Za-z]{36}|hooks\.slack\.com/services/T[0-9A-Z]{8,}/B'
# AWS's own examples, which its documentation prints, and others of the same made-up beginning.
examples='AKIAIOSFODNN7[0-9A-Z]{7}|AKIAI44QH8DHBEXAMPLE|AKIA[0-9A-Z]*EXAMPLE'
echo "gitleaks is not installed; looking for keys of AWS, GitHub and Slack, and private keys"
found=$(git log --all -p --no-color -- . ':!benchmarks/secrets.sh' | grep -E '^\+' | grep -E "$rules" | grep -vE "$examples" || true)
if [ -n "$found" ]; then
  printf '%s\n' "$found" | cut -c1-120
  exit 1
fi
