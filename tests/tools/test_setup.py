"""The Python environment: made once from the locked set, and again only when the set changes."""

from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with lock files, and an environment with nothing installed."""
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "INSTALLED", tmp_path / ".venv" / "installed.sha256")
    monkeypatch.setattr(setup, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(setup, "DEVELOPMENT_LOCK", tmp_path / "requirements-dev.lock")
    return tmp_path


def test_an_environment_without_a_mark_is_not_trusted(environment: Path) -> None:
    assert not setup.is_installed(development=False)
    assert not setup.is_installed(development=True)


def test_what_make_up_installs_is_not_enough_for_the_tests(environment: Path) -> None:
    setup.INSTALLED.write_text(setup.digest(setup.LOCK))

    assert setup.is_installed(development=False)
    assert not setup.is_installed(development=True)


def test_what_the_tests_install_is_enough_for_make_up(environment: Path) -> None:
    setup.INSTALLED.write_text(setup.digest(setup.DEVELOPMENT_LOCK))

    assert setup.is_installed(development=False)
    assert setup.is_installed(development=True)


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_file_is_installed_again(environment: Path, changed: str) -> None:
    setup.INSTALLED.write_text(setup.digest(setup.LOCK))

    (environment / changed).write_text("changed")

    assert not setup.is_installed(development=False)


def test_litellm_gets_an_environment_of_its_own_again_only_when_its_lock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, own = tmp_path / "requirements-litellm.lock", tmp_path / ".venv-litellm"
    lock.write_text("one")
    own.mkdir()
    commands: list[list[str]] = []
    monkeypatch.setattr(setup, "LITELLM_LOCK", lock)
    monkeypatch.setattr(setup, "LITELLM_ENVIRONMENT", own)
    monkeypatch.setattr(setup, "run", lambda command, failure: commands.append(command))

    setup.install_litellm()
    setup.install_litellm()
    made_once = list(commands)
    lock.write_text("two")
    setup.install_litellm()

    assert [command[-1] for command in made_once] == [str(own), str(lock)]
    assert made_once[1][0] == str(own / "bin" / "python")
    assert commands == made_once * 2


def test_the_development_set_holds_the_other_set_in_the_same_versions() -> None:
    root = Path(setup.__file__).resolve().parent.parent

    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (root / name).read_text().splitlines() if "==" in line}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-litellm.lock", "requirements.txt"]
)
def test_no_requirements_file_names_an_index(name: str) -> None:
    text = (Path(setup.__file__).resolve().parent.parent / name).read_text()

    assert "index-url" not in text
    assert "://" not in text


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-litellm.lock"])
def test_every_locked_package_has_a_hash(name: str) -> None:
    lines = (Path(setup.__file__).resolve().parent.parent / name).read_text().splitlines()

    pinned = [index for index, line in enumerate(lines) if "==" in line and not line.startswith(" ")]

    assert pinned
    assert all(lines[index + 1].strip().startswith("--hash=sha256:") for index in pinned)
