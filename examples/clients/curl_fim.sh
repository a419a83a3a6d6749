#!/usr/bin/env bash
# Fill in code between a prompt and a suffix with curl, whole and streamed.
#
# MISTRAL_URL      URL of a Codestral endpoint, without a route
# MISTRAL_API_KEY  one of its keys
# Set both with:   eval "$(azure-mistral client curl --model codestral-2501)"
set -euo pipefail

complete() {
  curl --silent --show-error --fail-with-body --no-buffer "$MISTRAL_URL/v1/fim/completions" \
    --header "Authorization: Bearer $MISTRAL_API_KEY" \
    --header "Content-Type: application/json" \
    --data "$1"
  echo
}

echo "Whole:"
complete '{"prompt": "def add(a, b):\n    return ", "suffix": "\n\nprint(add(1, 2))", "max_tokens": 64}'

echo "Streamed:"
complete '{"prompt": "def add(a, b):\n    return ", "suffix": "\n\nprint(add(1, 2))", "max_tokens": 64, "stream": true}'
