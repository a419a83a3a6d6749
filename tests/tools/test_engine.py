"""Where the engine comes from: the one on PATH, else the pinned one, else a message that says what to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import engine

VERSION = engine.pinned("github.com/pulumi/pulumi/pkg/v3")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def write_program(path: Path, printed: str = "") -> None:
    path.write_text(f"#!{sys.executable}\nprint({printed!r})\n")
    path.chmod(0o755)


def test_a_pulumi_on_path_that_is_new_enough_is_used(path: Path) -> None:
    write_program(path / "pulumi", "v9.0.0")
    write_program(path / "pulumi-language-python")

    assert engine.engine_directory() == path


@pytest.mark.parametrize("printed", ["v3.100.0", "v3.258.9", "no version"])
def test_an_older_pulumi_on_path_is_not_used(path: Path, printed: str) -> None:
    write_program(path / "pulumi", printed)
    write_program(path / "pulumi-language-python")

    assert engine.installed_engine(VERSION) is None


def test_a_pulumi_without_its_python_language_host_is_not_used(path: Path) -> None:
    write_program(path / "pulumi", "v9.0.0")

    assert engine.installed_engine(VERSION) is None


def test_without_pulumi_and_go_one_message_says_how_to_install_either(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))

    with pytest.raises(engine.EngineError) as caught:
        engine.engine_directory()

    assert str(caught.value) == (
        f"pulumi: none on PATH that is version {VERSION} or newer with its Python language host,"
        " and no Go to build one.\n"
        "Expected either of the two. Install one with:\n"
        "  curl -fsSL https://get.pulumi.com | sh      (the Pulumi CLI)\n"
        "  https://go.dev/doc/install                  (Go 1.25.11 or newer)"
    )


def test_a_failed_build_says_why_and_leaves_nothing_that_looks_like_an_engine(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))
    (path / "go").write_text("#!/bin/sh\necho 'go: no module proxy' >&2\nexit 1\n")
    (path / "go").chmod(0o755)

    with pytest.raises(engine.EngineError, match=r"exit code 1\. It said:\ngo: no module proxy"):
        engine.engine_directory()

    assert not list(tmp_path.rglob("pulumi"))


def test_a_long_build_shows_that_it_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "PROGRESS_SECONDS", 0)
    (path / "go").write_text("#!/bin/sh\necho 'go: downloading a module' >&2\necho a/package >&2\necho printed\n")
    (path / "go").chmod(0o755)

    assert engine.go("build") == "printed\n"
    assert "  2 modules and packages done in 0 s ..." in capfd.readouterr().err


def test_an_engine_that_was_built_is_used_without_a_word(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    built = tmp_path / "cache" / f"pulumi-{VERSION}"
    built.mkdir(parents=True)
    write_program(built / "pulumi")
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))

    assert engine.engine_directory() == built
    assert engine.engine_directory() == built
    assert capfd.readouterr() == ("", "")


def test_a_launcher_passes_its_arguments_on_untouched(tmp_path: Path) -> None:
    launcher = tmp_path / "a directory" / "launcher"
    engine.write_launcher(launcher, [sys.executable, "-c", "import sys; print(sys.argv[1:])", "it's"])

    printed = subprocess.run([launcher, "two words", "$HOME"], capture_output=True, text=True, check=True).stdout

    assert printed == "[\"it's\", 'two words', '$HOME']\n"
    assert os.access(launcher, os.X_OK)


FRESH_GO = """
import pathlib, sys
sdk = pathlib.Path({sdk!r})
match sys.argv[1:]:
    case ["mod", "download", "github.com/pulumi/pulumi/sdk/v3"]:
        (sdk / "python" / "cmd").mkdir(parents=True)
        (sdk / "python" / "cmd" / "pulumi-language-python-exec").write_text("the script")
    case ["list", *_]:
        print(sdk if sdk.exists() else "")
    case ["build", *_]:
        pathlib.Path(sys.argv[sys.argv.index("-o") + 1]).write_text("the engine")
"""


def test_a_first_build_downloads_the_sdk_before_it_takes_the_exec_script_from_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go knows no directory of a module that it has not downloaded, as on a fresh machine."""
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))
    (path / "go").write_text(f"#!{sys.executable}\n{FRESH_GO.format(sdk=str(tmp_path / 'sdk'))}")
    (path / "go").chmod(0o755)

    built = engine.engine_directory()

    assert (built / engine.EXEC_SCRIPT).read_text() == "the script"
    assert (built / "pulumi").read_text() == "the engine"


def test_the_yaml_language_host_is_built_once_into_the_directory_of_the_built_engine(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    built = tmp_path / "cache" / f"pulumi-{VERSION}"
    built.mkdir(parents=True)
    write_program(built / "pulumi")
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))
    build = 'import sys, pathlib\npathlib.Path(sys.argv[sys.argv.index("-o") + 1]).write_text("host")\n'
    (path / "go").write_text(f"#!{sys.executable}\n{build}")
    (path / "go").chmod(0o755)

    assert engine.engine_directory_with_yaml() == built
    said = capfd.readouterr().err
    (path / "go").unlink()
    assert engine.engine_directory_with_yaml() == built

    assert (built / "pulumi-language-yaml").read_text() == "host"
    assert said.startswith("Building the Pulumi YAML language host 1.32.0 with Go: 1 to 2 minutes, once ...\n")
    assert capfd.readouterr().err == ""


def test_an_older_yaml_language_host_beside_the_engine_is_replaced(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "cache" / f"pulumi-{VERSION}"
    host = tmp_path / "cache" / "pulumi-language-yaml-1.32.0" / "pulumi-language-yaml"
    for directory in (built, host.parent):
        directory.mkdir(parents=True)
    write_program(built / "pulumi")
    (built / "pulumi-language-yaml").write_text("older")
    host.write_text("newer")
    monkeypatch.setenv("AZURE_MISTRAL_CACHE", str(tmp_path / "cache"))

    assert (engine.engine_directory_with_yaml() / "pulumi-language-yaml").read_text() == "newer"


def test_a_pulumi_on_path_brings_its_own_yaml_language_host(path: Path) -> None:
    write_program(path / "pulumi", "v9.0.0")
    write_program(path / "pulumi-language-python")

    assert engine.engine_directory_with_yaml() == path
