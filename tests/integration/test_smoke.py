"""`azure-mistral smoke` after a deploy: it says which endpoint does not answer, why, and what mends it."""

from tests.support import studio
from tests.support.azure import Azure
from tests.support.project import Project

CODESTRAL, MINISTRAL = "codestral-2501", "ministral-3b"


def test_smoke_finds_a_regenerated_key_a_reached_limit_and_a_deleted_endpoint(
    repository: Project, azure: Azure
) -> None:
    stack_file = repository.directory / "Pulumi.dev.yaml"
    text = stack_file.read_text()
    stack_file.write_text(text.replace("codestral-2501: {}", "codestral-2501: {contentSafety: Disabled}"))
    repository.up()
    outputs = repository.outputs(secrets=True)
    endpoint = outputs["endpoints"][MINISTRAL]["eastus2"]

    healthy = repository.command("smoke")
    studio.regenerate_key(azure, endpoint["id"])
    regenerated = repository.command("smoke")
    repository.up()
    mended = repository.command("smoke", "--model", MINISTRAL)
    azure.control("PUT", "/rate-limits", {endpoint["name"]: {"requests": 0}})
    limited = repository.command("smoke")
    azure.control("PUT", "/rate-limits", {})
    studio.remove(azure, endpoint["id"])
    deleted = repository.command("smoke")

    assert healthy.returncode == 0, healthy.stderr
    assert "All 2 endpoints answer." in healthy.stderr
    rows = {line.split()[0]: line.split()[1:] for line in healthy.stdout.splitlines()[1:]}
    assert rows[MINISTRAL][:6] == ["eastus2", "key", "ok", "ok", "ok", "on"]
    assert rows[CODESTRAL][:5] == ["eastus2", "key", "ok", "ok", "ok"]
    assert int(rows[MINISTRAL][6]) > 0

    assert mended.returncode == 0, mended.stderr
    assert mended.stderr.strip() == "The endpoint answers."

    assert [each.returncode for each in (regenerated, limited, deleted)] == [1, 1, 1]
    assert regenerated.stderr.strip() == (
        "ministral-3b in eastus2: the key of the stack's outputs is refused (HTTP 401): it was regenerated. Expected"
        " the endpoint's present key. Read it again with: pulumi up"
    )
    assert limited.stderr.startswith(
        "ministral-3b in eastus2: its rate limit is reached (HTTP 429). Expected at most 1,000 requests and 200,000"
        " tokens a minute. Run this again in "
    )
    assert deleted.stderr.strip() == (
        f"ministral-3b in eastus2: there is no endpoint at {endpoint['url']} (HTTP 404): it was deleted, or its model"
        " is retired. Expected a running endpoint. Make it again with: pulumi refresh, then pulumi up"
    )
    for done in (healthy, regenerated, mended, limited, deleted):
        assert not any(key in done.stdout + done.stderr for key in outputs["keys"][MINISTRAL]["eastus2"].values())
