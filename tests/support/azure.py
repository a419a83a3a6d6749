"""An Azure subscription of the emulator for one test, and what a test asks of it over plain HTTP."""

import ssl
import uuid
from pathlib import Path
from typing import Any, Self

import httpx

from emulator.server import EmulatorServer


class Azure:
    """One Azure subscription. Its requests and its resources are told apart from those of other tests by its id."""

    READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    ROLES_VERSION = "2022-04-01"

    def __init__(self, server: EmulatorServer, subscription_id: str | None = None) -> None:
        self.server = server
        self.subscription_id = subscription_id or str(uuid.uuid4())
        context = ssl.create_default_context(cafile=server.environment["SSL_CERT_FILE"])
        self.http = httpx.Client(base_url=server.url, verify=context, timeout=30)
        self.control("PUT", f"/subscriptions/{self.subscription_id}", {})
        self.clear_requests()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point Pulumi and Azure's SDKs to this Azure subscription."""
        return {**self.server.environment, "ARM_SUBSCRIPTION_ID": self.subscription_id}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the emulator's control API."""
        answer = self.http.request(method, f"/_emulator{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def arm(
        self, method: str, path: str, body: Any = None, *, version: str = "2025-12-01", **query: str
    ) -> httpx.Response:
        """Send a raw management request as the deployer."""
        environment = self.server.environment
        token = self.http.post(
            f"/{environment['ARM_TENANT_ID']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": environment["ARM_CLIENT_ID"],
                "client_secret": environment["ARM_CLIENT_SECRET"],
                "scope": f"{self.server.url}/.default",
            },
        ).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, path, params={"api-version": version, **query}, json=body, headers=headers)

    def assign_role(self, role: str, principal_id: str) -> None:
        """Give a principal a role, by its GUID, on the whole Azure subscription."""
        root = f"/subscriptions/{self.subscription_id}/providers/Microsoft.Authorization"
        definition = f"{root}/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal_id, "principalType": "ServicePrincipal"}
        path = f"{root}/roleAssignments/{uuid.uuid4()}"
        answer = self.arm("PUT", path, {"properties": properties}, version=self.ROLES_VERSION)
        assert answer.status_code == 201, answer.text

    def role_assignments(self, scope: str) -> list[tuple[str, str]]:
        """Return (principal, role name) of the assignments on exactly this scope."""
        listing = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        found = self.arm("GET", listing, version=self.ROLES_VERSION).json()["value"]
        here = [each["properties"] for each in found if each["properties"]["scope"].lower() == scope.lower()]
        return [
            (
                each["principalId"],
                self.arm("GET", each["roleDefinitionId"], version=self.ROLES_VERSION).json()["properties"]["roleName"],
            )
            for each in here
        ]

    def clear_requests(self) -> None:
        """Forget the requests made so far to this Azure subscription."""
        entries = self.control("GET", "/requests")
        self.since = max((entry["sequence"] for entry in entries), default=0)

    def requests(self, *methods: str, kind: str = "") -> list[tuple[str, str]]:
        """Return (method, path below the subscription) of its management requests in their order."""
        entries = self.control("GET", f"/requests?plane=arm&since={self.since}")
        root = f"/subscriptions/{self.subscription_id}"
        return [
            (entry["method"], entry["path"].removeprefix(root))
            for entry in entries
            if entry["path"].startswith(root) and (not methods or entry["method"] in methods) and kind in entry["path"]
        ]

    def resource_ids(self) -> list[str]:
        """Return the ids of everything that exists in this Azure subscription."""
        found = self.control("GET", "/resources")["resources"]
        return [
            each["id"] for each in found if each["id"].lower().startswith(f"/subscriptions/{self.subscription_id}/")
        ]


def occurrences(directory: Path, needle: bytes) -> list[Path]:
    """Return the files below a directory that hold the bytes."""
    return [
        file
        for file in directory.rglob("*")
        if file.is_file() and not file.is_symlink() and needle in file.read_bytes()
    ]
