"""The command line: `python -m emulator serve | start | stop | env`, each with `--state DIR`."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from emulator.process import EmulatorRunningError, read_environment, running_process, wait_for_end

StateOption = Annotated[Path, typer.Option(help="Directory that holds the emulator's state, keys and certificates.")]
PortOption = Annotated[
    int, typer.Option(help="Port on the loopback interface; 0 keeps the state's, or takes a free one.")
]

DEFAULT_STATE = Path(".local/emulator")
START_SECONDS = 15
STOP_SECONDS = 10

app = typer.Typer(add_completion=False, no_args_is_help=True, help="A local Azure, for everything in this repository.")


@app.command()
def serve(state: StateOption = DEFAULT_STATE, port: PortOption = 0) -> None:
    """Serve in the foreground until interrupted."""
    from emulator.server import EmulatorServer  # The other commands do without, and are quick.

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with EmulatorServer(state, port) as server:
            # Who waits for the lock, as `stop` does, waits for the end of the process.
            server.keeps_lock_until_exit = True
            typer.echo(f"The emulator serves {server.url} (state {state}). Ctrl+C stops it.")
            stopping.wait()
    except (EmulatorRunningError, OSError) as error:
        _fail(str(error))


@app.command()
def start(state: StateOption = DEFAULT_STATE, port: PortOption = 0) -> None:
    """Start in the background, unless it runs already; returns when it answers."""
    log = state / "emulator.log"
    process = None if running_process(state) else _spawn(state, port, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        running = running_process(state)
        if running is not None and running["url"]:
            # Of two starts at the same moment one finds the other's emulator, which is what was wanted.
            verb = "runs" if process is not None and running["pid"] == process.pid else "already runs"
            typer.echo(f"The emulator {verb} at {running['url']} (state {state}).")
            return
        if running is None and (process is None or process.poll() is not None):
            break
        time.sleep(0.02)
    if process is not None:
        process.kill()
    _fail(f"the emulator did not start. Its log is {log}:\n{log.read_text(errors='replace')}")


def _spawn(state: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """A process of its own that serves; it finds this package wherever it is started from."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = Path(__file__).resolve().parent.parent
    search_path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "emulator", "serve", "--state", str(state.absolute()), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": search_path},
        )


@app.command()
def stop(state: StateOption = DEFAULT_STATE) -> None:
    """Stop the one in the background; returns when its process is gone."""
    running = running_process(state)
    if running is None:
        typer.echo("The emulator does not run.")
        return
    os.kill(running["pid"], signal.SIGTERM)
    if not wait_for_end(state, STOP_SECONDS):
        os.kill(running["pid"], signal.SIGKILL)
        wait_for_end(state, STOP_SECONDS)
    typer.echo("The emulator has stopped.")


@app.command()
def env(state: StateOption = DEFAULT_STATE) -> None:
    """Print what points tools to it, for `eval "$(python -m emulator env)"`."""
    variables = read_environment(state)
    if variables is None:
        _fail(f"{state}: no emulator has been started here. Start one with: python -m emulator start --state {state}")
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
