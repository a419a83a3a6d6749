#!/usr/bin/env bash
# Chat with curl: whole, streamed, and with a tool.
#
# MISTRAL_URL      URL of the endpoint, without a route
# MISTRAL_API_KEY  one of its keys
# Set both with:   eval "$(azure-mistral client curl)"
set -euo pipefail

ask() {
  curl --silent --show-error --fail-with-body --no-buffer "$MISTRAL_URL/v1/chat/completions" \
    --header "Authorization: Bearer $MISTRAL_API_KEY" \
    --header "Content-Type: application/json" \
    --data "$1"
  echo
}

echo "Whole:"
ask '{"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 128}'

echo "Streamed:"
ask '{"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 128, "stream": true}'

echo "With a tool:"
ask '{
  "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
  "tools": [{"type": "function", "function": {
    "name": "get_weather",
    "description": "Return the present weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
  }}],
  "tool_choice": "any"
}'
