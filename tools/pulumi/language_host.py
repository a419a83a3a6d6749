"""The Python language host: runs Pulumi programs and plugins written in Python when the engine asks for it over gRPC.

It holds no Pulumi logic: programs run under the SDK's own `pulumi-language-python-exec`, plugins under their own entry
points. The official host is a Go program that no package registry offers; where it is installed, it is used instead.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2, json_format

# Of the SDK only the generated protocol is used. Its packages are known, but not run: that takes as long as all the
# rest, and the engine starts a host twice in each command.
for package in ("pulumi", "pulumi.runtime"):
    if spec := find_spec(package):
        sys.modules[package] = module_from_spec(spec)

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

# The exit code by which the exec script says that the user has already seen the error.
ERROR_SHOWN = 32

# Prints the pulumi-plugin.json of every package that the interpreter can import.
FIND_PLUGINS = """
import json, pathlib, sys
found = {file for path in sys.path for file in pathlib.Path(path or ".").glob("*/pulumi-plugin.json")}
print(json.dumps([json.loads(file.read_text()) for file in sorted(found)]))
"""

# Prints name and version of every installed distribution.
FIND_DISTRIBUTIONS = """
import importlib.metadata, json
print(json.dumps(sorted({(found.name, found.version) for found in importlib.metadata.distributions()})))
"""


class InterpreterError(Exception):
    """There is no Python to run the program with; the message says what to do."""


def interpreter(info: language_pb2.ProgramInfo) -> Path | None:
    """Return the Python of the program's virtual environment, or None where it names none.

    Raises InterpreterError when the named environment does not exist.
    """
    named = json_format.MessageToDict(info.options).get("virtualenv")
    if not named:
        return None
    environment = Path(info.root_directory, named)
    python = environment / "bin" / "python"
    if not python.exists():
        raise InterpreterError(
            f"virtualenv: {environment} is not a virtual environment. Expected one that holds what requirements.txt"
            " names. Make it with: pulumi install"
        )
    return python


def plugin_interpreter(info: language_pb2.ProgramInfo) -> Path | None:
    """Return the Python of a plugin: of its named environment, else of the `venv` that `pulumi install` makes in it."""
    installed = Path(info.program_directory, "venv", "bin", "python")
    return interpreter(info) or (installed if installed.exists() else None)


def environment_of(python: Path | None, extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with the program's virtual environment activated."""
    environment = {**os.environ, **extra}
    if python is not None:
        environment["VIRTUAL_ENV"] = str(python.parent.parent)
        environment["PATH"] = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
        environment.pop("PYTHONHOME", None)
    return environment


def answer_of(python: Path | None, script: str) -> Any:
    """Return the JSON that a short script prints in the program's Python."""
    command = [str(python or "python3"), "-c", script]
    done = subprocess.run(command, env=environment_of(python, {}), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def program_command(request: language_pb2.RunRequest, exec_script: Path, engine: str, python: Path | None) -> list[str]:
    """Return the command that runs a program under the exec script."""
    arguments = {
        "--monitor": request.monitor_address,
        "--engine": engine,
        "--project": request.project,
        "--root_directory": request.info.root_directory,
        "--stack": request.stack,
        "--pwd": request.pwd,
        "--dry_run": str(request.dryRun).lower(),
        "--parallel": str(request.parallel),
        "--organization": request.organization,
    }
    flags = [word for flag, value in arguments.items() if value for word in (flag, value)]
    program = str(Path(request.info.program_directory, request.info.entry_point))
    return [str(python or "python3"), "-u", str(exec_script), *flags, program, *request.args]


def plugin_command(request: language_pb2.RunPluginRequest, python: Path | None) -> list[str]:
    """Return the command that runs a plugin: a policy pack, a package with a `__main__.py`, or one without."""
    directory = request.info.program_directory
    executable = [str(python or "python3"), "-u"]
    if request.kind == "analyzer":
        return [*executable, "-m", "pulumi.policy", *request.args, directory]
    if Path(directory, "__main__.py").exists():
        return [*executable, directory, *request.args]
    return [*executable, "-m", "pulumi.run.plugin", Path(directory).name, *request.args]


def install_commands(directory: Path, environment: Path | None) -> Iterator[list[str]]:
    """Yield the commands that make the environment, where one is named, and install requirements.txt into it."""
    python = sys.executable
    if environment is not None:
        if not (environment / "bin" / "python").exists():
            yield [sys.executable, "-m", "venv", str(environment)]
        python = str(environment / "bin" / "python")
    if (directory / "requirements.txt").exists():
        yield [python, "-m", "pip", "install", "-r", "requirements.txt"]


def output_of(process: "subprocess.Popen[bytes]") -> Iterator[tuple[str, bytes]]:
    """Yield what a process writes, as ("stdout" or "stderr", bytes), until it has closed both."""
    chunks: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    def forward(name: str, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 65536):
            chunks.put((name, chunk))
        chunks.put((name, b""))

    streams = {"stdout": process.stdout, "stderr": process.stderr}
    for name, stream in streams.items():
        if stream is not None:
            threading.Thread(target=forward, args=(name, stream), daemon=True).start()
    closed = 0
    while closed < len(streams):
        name, chunk = chunks.get()
        if chunk:
            yield name, chunk
        else:
            closed += 1


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine; each method is one request of Pulumi's protocol (pulumi: proto/pulumi/language.proto)."""

    def __init__(self, exec_script: Path, engine: str) -> None:
        self.exec_script = exec_script
        self.engine = engine
        self.stopped = threading.Event()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address."""
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return no version: the host belongs to the checkout that it lies in."""
        return plugin_pb2.PluginInfo()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Return the Python that programs run with."""
        python = found_or_abort(context, interpreter, request.info)
        executable, version = answer_of(
            python, "import json, sys; print(json.dumps([sys.executable, sys.version.split()[0]]))"
        )
        return language_pb2.AboutResponse(executable=executable, version=version)

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Return the provider plugins that the program's installed packages ask for."""
        python = found_or_abort(context, interpreter, request.info)
        packages = [
            plugin_pb2.PackageDependency(
                name=plugin["name"],
                kind="resource",
                version=plugin.get("version", ""),
                server=plugin.get("server", ""),
            )
            for plugin in answer_of(python, FIND_PLUGINS)
            if plugin.get("resource")
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Return the Python packages that the program can import, with their versions."""
        found = answer_of(found_or_abort(context, interpreter, request.info), FIND_DISTRIBUTIONS)
        dependencies = [language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run a program to its end; what it prints goes straight to the engine, which reads this process's output."""
        try:
            python = interpreter(request.info)
        except InterpreterError as error:
            return language_pb2.RunResponse(error=str(error))
        settings = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        process = subprocess.Popen(
            program_command(request, self.exec_script, self.engine, python),
            cwd=request.pwd,
            env=environment_of(python, settings),
            stdin=subprocess.DEVNULL,
        )
        context.add_callback(process.terminate)
        code = process.wait()
        if code == ERROR_SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Make the program's virtual environment and install its requirements.txt, showing what pip says."""
        directory = Path(request.info.program_directory)
        named = json_format.MessageToDict(request.info.options).get("virtualenv", "venv" if request.is_plugin else "")
        environment = Path(request.info.root_directory, named) if named else None
        for command in install_commands(directory, environment):
            process = started(command, directory, environment_of(None, {}))
            for name, chunk in output_of(process):
                yield language_pb2.InstallDependenciesResponse(**{name: chunk})
            if process.wait():
                context.abort(grpc.StatusCode.UNKNOWN, f"{' '.join(command)} exited with code {process.returncode}")

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a component package or a policy pack, passing on what it writes, and its exit code at the end."""
        python = found_or_abort(context, plugin_interpreter, request.info)
        directory = request.info.program_directory if request.kind == "analyzer" else request.pwd
        settings = dict(variable.split("=", 1) for variable in request.env)
        process = started(plugin_command(request, python), Path(directory), environment_of(python, settings))
        context.add_callback(process.terminate)
        for name, chunk in output_of(process):
            yield (
                language_pb2.RunPluginResponse(stdout=chunk)
                if name == "stdout"
                else language_pb2.RunPluginResponse(stderr=chunk)
            )
        yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Stop serving: after this the engine waits until the process has ended."""
        self.stopped.set()
        return empty_pb2.Empty()


def started(command: list[str], directory: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Return a process whose output can be read."""
    return subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def found_or_abort(context: grpc.ServicerContext, find: Any, info: language_pb2.ProgramInfo) -> Path | None:
    """Return the Python that `find` finds, or end the request with its message."""
    try:
        python: Path | None = find(info)
    except InterpreterError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
    return python


def main() -> None:
    """Serve until the engine cancels or interrupts; the first line on stdout is the port, as for every plugin."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("--exec-script", type=Path, required=True)
    parser.add_argument("engine", nargs="?", default="")
    arguments, _ = parser.parse_known_args()  # with --logflow the engine adds its own logging flags
    host = LanguageHost(arguments.exec_script, arguments.engine)
    signal.signal(signal.SIGINT, lambda *_: host.stopped.set())
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", -1)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    engine = os.getppid()
    while not host.stopped.wait(1) and os.getppid() == engine:
        pass  # a killed engine cancels nothing
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
