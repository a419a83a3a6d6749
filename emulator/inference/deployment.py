"""What the inference API knows of a deployed endpoint. How it came to be is the management API's business."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deployment:
    """A serverless endpoint, as its inference API sees it during one request."""

    name: str
    location: str
    """ARM location name, such as `eastus2`."""
    model: str
    """Name in the `azureml-mistral` registry, such as `Ministral-3B`."""
    auth_mode: str
    """ARM `authMode`: `Key`, `AAD` or `KeyAndAAD`."""
    keys: tuple[str, str] | None = field(repr=False)
    """Primary and secondary inference key. None in `AAD` mode."""
    state: str
    """ARM `endpointState`. Only an `Online` endpoint answers."""
    content_safety: bool
    """Whether `contentSafetyStatus` is `Enabled`."""


@dataclass(frozen=True, slots=True)
class OnlineEndpoint:
    """A managed online endpoint, as its inference API sees it during one request."""

    id: str
    name: str
    location: str
    auth_mode: str
    """ARM `authMode`: `Key`, `AMLToken` or `AADToken`."""
    is_public: bool
    """Whether `publicNetworkAccess` is `Enabled`."""


@dataclass(frozen=True, slots=True)
class OnlineDeployment:
    """The deployment that answers a request."""

    name: str
    model: str
    """Name in the `azureml` registry, such as `mistralai-Mistral-7B-Instruct-v01`."""
    task: str
    """`chat-completion` or `text-generation`."""
