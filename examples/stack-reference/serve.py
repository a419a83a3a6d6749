"""Runs the service with the settings of its stack: they go from `pulumi` into its environment, and into no file."""

import json
import os
import subprocess
import sys

command = ["pulumi", "stack", "output", "environment", "--json", "--show-secrets"]
settings = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
service = [sys.executable, "-m", "uvicorn", "service:app", "--host", "127.0.0.1", *sys.argv[1:]]
os.execve(sys.executable, service, {**os.environ, **settings})
