"""Models on managed compute: every edit under a constant load of requests, against the requests that Azure gets."""

import ssl
import threading
from collections import Counter
from typing import Any, Self

import httpx

from tests.support.azure import Azure
from tests.support.project import Project
from tests.support.studio import make, remove

SLUG = "mistral-7b-instruct-v01"
LOCATION = "azure-native:location: eastus2"
PACE = 0.02


def model(*options: str) -> list[str]:
    """Return the configuration of a stack with one managed model; each option is a line."""
    return [LOCATION, "azure-mistral:models:", f"  {SLUG}:", *(f"    {option}" for option in options)]


def changes(azure: Azure) -> list[str]:
    """Return method and kind, with the name of a deployment, of each request that changes something, in their order."""
    parts = [(method, path.split("/")) for method, path in azure.requests("PUT", "PATCH", "DELETE")]
    return [
        f"{method} {name.partition('-')[0] if 'onlineEndpoints' in path else 'traffic'}"
        for method, path in parts
        for kind, name in [path[-2:]]
        if kind == "deployments"
    ]


class Load:
    """Two callers that ask an endpoint one question after the other, until the block ends."""

    def __init__(self, azure: Azure, project: Project) -> None:
        outputs = project.outputs(secrets=True)
        self.url = outputs["endpoints"][SLUG]["eastus2"]["scoringUrl"]
        self.key = outputs["keys"][SLUG]["eastus2"]["primary"]
        self.context = ssl.create_default_context(cafile=azure.server.environment["SSL_CERT_FILE"])
        self.answers: Counter[tuple[int, str]] = Counter()
        self._end = threading.Event()
        self._callers = [threading.Thread(target=self._ask) for _ in range(2)]

    def __enter__(self) -> Self:
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for caller in self._callers:
            caller.join()

    @property
    def deployments(self) -> set[str]:
        """Which deployments answered, by the user's names for them."""
        return {name.partition("-")[0] for _, name in self.answers}

    @property
    def failed(self) -> list[tuple[int, str]]:
        """Status and deployment of the requests that were not answered well."""
        return [answer for answer in self.answers if answer[0] != 200]

    def _ask(self) -> None:
        body: Any = {"input_data": {"input_string": [{"role": "user", "content": "Hello"}]}}
        with httpx.Client(verify=self.context, timeout=30) as http:
            while not self._end.wait(PACE):
                answer = http.post(self.url, json=body, headers={"Authorization": f"Bearer {self.key}"})
                self.answers[answer.status_code, answer.headers.get("azureml-model-deployment", "")] += 1


def edited_under_load(project: Project, azure: Azure, *lines: str) -> tuple[Load, list[str]]:
    """Bring the stack up with another configuration while it is asked; return how it answered, and what was changed."""
    azure.clear_requests()
    with Load(azure, project) as load:
        project.up_with(*lines)
    assert sum(load.answers.values()) > 10
    assert load.failed == []
    return load, changes(azure)


def stop_traffic(azure: Azure, endpoint: str) -> Any:
    """Take an endpoint's traffic away by hand, as somebody in the studio would; return what it was."""
    body = azure.arm("GET", endpoint).json()
    traffic = body["properties"]["traffic"]
    settings = {name: body["properties"][name] for name in ("authMode", "publicNetworkAccess")}
    identity = {"type": body["identity"]["type"]}
    make(
        azure,
        endpoint,
        {
            **{name: body[name] for name in ("location", "kind")},
            "identity": identity,
            "properties": {**settings, "traffic": {}},
        },
    )
    assert azure.arm("GET", endpoint).json()["properties"]["traffic"] == {}
    return traffic


CONCURRENT = "requestSettings: {maxConcurrentRequestsPerInstance: 8}"
BOTH = "deployments: {blue: {}, green: {instanceType: Standard_NC48ads_A100_v4}}"


def test_every_edit_of_a_managed_model_is_made_without_a_failed_request(repository: Project, azure: Azure) -> None:
    repository.configure(*model(CONCURRENT))
    repository.up()
    first = changes(azure)

    _, joined = edited_under_load(repository, azure, *model(CONCURRENT, BOTH, "traffic: {blue: 50, green: 50}"))
    switching, switched = edited_under_load(repository, azure, *model(CONCURRENT, BOTH, "traffic: {green: 100}"))
    _, larger = edited_under_load(
        repository, azure, *model(CONCURRENT, BOTH.replace("NC48", "NC96"), "traffic: {green: 100}")
    )
    _, tagged = edited_under_load(
        repository,
        azure,
        *model(CONCURRENT, BOTH.replace("NC48", "NC96"), "traffic: {green: 100}"),
        "azure-mistral:tags: {team: search}",
    )
    alone, removed = edited_under_load(repository, azure, *model(CONCURRENT), "azure-mistral:tags: {team: search}")
    again = repository.up()
    endpoint = azure.arm("GET", repository.outputs()["endpoints"][SLUG]["eastus2"]["id"]).json()
    repository.destroy()

    assert first == ["PUT blue", "PUT traffic"]
    assert joined == ["PUT green", "PUT traffic"]
    assert switched == ["PUT traffic"]
    assert switching.deployments == {"blue", "green"}
    assert larger == ["PUT green", "PUT traffic", "DELETE green"]
    assert sorted(tagged[:2]) == ["PUT blue", "PUT green"]
    assert tagged[2:] == ["PUT traffic"]
    assert removed == ["PUT traffic", "DELETE green"]
    assert alone.deployments == {"green", "blue"}
    assert again.changes == {}
    assert endpoint["tags"]["team"] == "search"
    assert list(endpoint["properties"]["traffic"].values()) == [100]
    assert azure.resource_ids() == []


def test_an_endpoint_of_another_name_is_up_before_the_old_one_goes_and_its_traffic_can_be_written_again(
    repository: Project, azure: Azure
) -> None:
    name = f"ours-{azure.subscription_id[:8]}"
    repository.configure(*model("instanceCount: 1"))
    repository.up()
    azure.clear_requests()

    repository.up_with(*model("instanceCount: 1", f"endpointName: {name}"))

    sent = [
        f"{method} {path.rpartition('/')[2]}"
        for method, path in azure.requests("PUT", "DELETE", kind="/onlineEndpoints/")
        if "/deployments/" not in path
    ]
    assert sent[0] == f"PUT {name}"
    assert sent[1].startswith(f"DELETE {SLUG}-")
    assert repository.up().changes == {}

    endpoint = repository.outputs()["endpoints"][SLUG]["eastus2"]["id"]
    traffic = stop_traffic(azure, endpoint)
    [template] = [each["urn"] for name, each in repository.resources().items() if name.endswith("-traffic")]
    repository.up("--replace", template)
    assert azure.arm("GET", endpoint).json()["properties"]["traffic"] == traffic != {}
    assert repository.up().changes == {}


def test_keys_come_and_go_with_the_auth_mode_and_never_reach_the_state(repository: Project) -> None:
    repository.configure(*model("authMode: AMLToken"))
    repository.up()
    without = repository.outputs(secrets=True)["keys"]

    repository.up_with(*model("authMode: Key"))

    key = repository.outputs(secrets=True)["keys"][SLUG]["eastus2"]["primary"]
    assert without == {}
    assert key not in repository.export()
    assert repository.refresh().names("refresh") != set()
    assert repository.up().changes == {}
    assert repository.refresh().changes == {}


def test_chat_and_smoke_prove_themselves_as_the_auth_mode_wants_or_say_who_can(repository: Project) -> None:
    question = "What is 1 + 1?"
    repository.configure(*model("authMode: AMLToken"))
    repository.up()
    shown = repository.command("endpoints").stdout
    refused = repository.command("chat", question)

    assert "none: Azure ML tokens" in shown
    assert refused.returncode == 1
    assert " ".join(refused.stderr.split()).startswith(
        f"endpoint: {SLUG} in eastus2 is in AMLToken mode, and takes tokens of Azure ML alone. Expected one with keys"
        " or Microsoft Entra tokens. Get a token for another client with: az ml online-endpoint get-credentials"
    )

    for mode, proof in (("AADToken", "Entra token"), ("Key", "key")):
        repository.up_with(*model(f"authMode: {mode}"))
        answered = repository.command("chat", question)
        smoke = repository.command("smoke")

        assert answered.returncode == 0, answered.stderr
        assert question in answered.stdout
        assert smoke.returncode == 0, smoke.stderr
        assert smoke.stdout.splitlines()[1].startswith(f"{SLUG}  eastus2   {proof}")
        for keys in repository.outputs(secrets=True)["keys"].values():
            assert keys["eastus2"]["primary"] not in answered.stdout + smoke.stdout + smoke.stderr


def test_a_deployment_that_azure_fails_to_make_leaves_the_traffic_and_is_made_once_it_is_deleted(
    repository: Project, azure: Azure
) -> None:
    repository.configure(*model("instanceCount: 1"))
    repository.up()
    endpoint = repository.outputs()["endpoints"][SLUG]["eastus2"]["id"]
    traffic = azure.arm("GET", endpoint).json()["properties"]["traffic"]
    path = f"/subscriptions/{azure.subscription_id}/*/onlineEndpoints/*/deployments/*"
    fault = {"stage": "operation", "method": "PUT", "path": path, "code": "ImageBuildFailure", "message": "It broke."}
    azure.control("POST", "/faults", fault)
    repository.configure(*model("instanceType: Standard_NC48ads_A100_v4"))

    failed = repository.update("up")
    refused = repository.update("up")
    live = azure.arm("GET", endpoint).json()["properties"]["traffic"]
    (broken,) = [
        each["id"]
        for each in azure.arm("GET", f"{endpoint}/deployments").json()["value"]
        if each["properties"]["provisioningState"] == "Failed"
    ]
    remove(azure, broken)
    done = repository.up("--refresh")

    assert failed.code != 0
    assert "It broke." in failed.diagnostics
    assert refused.code != 0
    assert live == traffic
    assert done.code == 0
    assert list(azure.arm("GET", endpoint).json()["properties"]["traffic"]) != list(traffic)
    assert repository.up().changes == {}
