"""No inference key is ever seen: the keys of a stack are searched for in everything that it leaves and prints."""

import base64
import urllib.parse
from pathlib import Path

from tests.support.azure import occurrences
from tests.support.project import Project

PLANTED = """
pulumi.export("planted", pulumi.Output.unsecret(models.keys))
"""


def spellings(key: str) -> list[str]:
    """Return a key in every form in which it could be found: as it is, base64 at each alignment, URL-encoded."""
    encoded = [base64.b64encode(b"x" * shift + key.encode()).decode() for shift in range(3)]
    # The first and the last group of four depend on what stands around the key.
    inner = [text[4:-4] for text in encoded]
    return [key, urllib.parse.quote(key, safe=""), *inner]


def keys_of(project: Project) -> list[str]:
    """Return every inference key of the stack."""
    keys = project.outputs(secrets=True)["keys"]
    return [key for locations in keys.values() for pair in locations.values() for key in pair.values()]


def leaks(project: Project, printed: list[str]) -> list[str]:
    """Return where a key of the stack is found: in its files, in what was printed, in its exported state."""
    texts = {"printed": "\n".join(printed), "export": project.export()}
    found = []
    for key in keys_of(project):
        for spelling in spellings(key):
            found += [name for name, text in texts.items() if spelling in text]
            found += [str(file) for file in occurrences(project.directory, spelling.encode())]
            found += [str(file) for file in occurrences(Path(project.environment["PULUMI_HOME"]), spelling.encode())]
    return sorted(set(found))


def everything_printed(project: Project) -> list[str]:
    """Return what the commands of a day's work print."""
    commands = [
        ("up", "--yes"),
        ("preview", "--diff"),
        ("preview", "--json"),
        ("up", "--yes", "--skip-preview", "--json"),
        # Not -v=9, which prints what goes through the engine before it knows what is secret, for any program
        # (pulumi.com/docs/support/troubleshooting: verbose logging may show credentials).
        ("up", "--yes", "--skip-preview", "--debug", "--logtostderr", "--logflow", "-v=6"),
        ("refresh", "--yes", "--diff"),
        ("stack", "output"),
        ("stack", "output", "--json"),
        ("stack", "--show-urns"),
    ]
    done = [project.run(*command) for command in commands]
    assert [each.returncode for each in done] == [0] * len(done)
    return [each.stdout + each.stderr for each in done]


def test_no_key_is_found_in_state_output_previews_and_logs(repository: Project) -> None:
    printed = everything_printed(repository)

    assert leaks(repository, printed) == []


def test_the_search_finds_a_key_that_is_planted_in_a_plain_output(repository: Project) -> None:
    program = repository.directory / "__main__.py"
    program.write_text(program.read_text() + PLANTED)

    printed = repository.run("up", "--yes", "--skip-preview")

    found = leaks(repository, [printed.stdout + printed.stderr])
    assert "printed" in found
    assert "export" in found
    assert any(name.endswith(".json") for name in found)


def test_the_search_finds_encoded_keys() -> None:
    key = "aB3+/dE6gH9kLm0pQrStUvWxYz12345678"

    for hidden in (
        base64.b64encode(f"prefix {key} suffix".encode()).decode(),
        base64.b64encode(f"a {key}".encode()).decode(),
        f"https://example/?key={urllib.parse.quote(key, safe='')}",
    ):
        assert any(spelling in hidden for spelling in spellings(key))


def test_the_commands_of_the_package_never_show_a_key(repository: Project) -> None:
    repository.up()

    shown = repository.command("endpoints").stdout + repository.command("chat", "Hello").stdout

    assert "hidden" in shown
    assert not [key for key in keys_of(repository) if key in shown]
