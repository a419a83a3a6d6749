"""What Azure Resource Manager says when it refuses: one function for each error code, with Azure's own words.

Codes and texts that belong to one resource provider are in that provider's module. Microsoft documents most of these in
"Troubleshoot common Azure deployment errors"; the texts are those that clients quote in their issues.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class ArmError(Exception):
    """A refusal: HTTP status, code and message, and whatever else the body holds beside them."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        machine_learning: Sequence[str] | None = None,
        **members: Any,
    ) -> None:
        """Take the codes of Azure Machine Learning's nested InnerError, outermost first, to use its envelope."""
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.machine_learning = machine_learning
        self.members = members

    def body(self, operation: str, request: str, now: datetime, location: str) -> dict[str, Any]:
        """The error's JSON: plain, or Azure Machine Learning's with its `additionalInfo`.

        The second form is quoted in pulumi/pulumi-azure-native#3687 and Azure/terraform-provider-azapi#662.
        """
        error: dict[str, Any] = {"code": self.code, "message": self.message, **self.members}
        if self.machine_learning is not None:
            inner: dict[str, Any] | None = None
            for code in reversed(self.machine_learning):
                inner = {"code": code, "innerError": inner}
            information = {
                "ComponentName": "managementfrontend",
                "Correlation": {"operation": operation, "request": request},
                "Environment": location,
                "Location": location,
                "Time": now.isoformat(),
            } | ({"InnerError": inner} if inner else {})
            error.setdefault("details", [])
            error["additionalInfo"] = [{"type": kind, "info": {"value": value}} for kind, value in information.items()]
        return {"error": error}


# Authentication and authorization

_CHALLENGE = 'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{reason}"'


def authentication_missing(authority: str) -> ArmError:
    """No Authorization header."""
    return _unauthorized(
        "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", authority
    )


def token_scheme_invalid(authority: str) -> ArmError:
    """An Authorization header of another scheme than Bearer."""
    message = "The authentication scheme of the 'Authorization' header is not supported. Use 'Bearer'."
    return _unauthorized("AuthenticationFailedInvalidHeader", message, authority)


def token_invalid(authority: str) -> ArmError:
    """A token that is no token, or that this tenant did not sign."""
    return _unauthorized("InvalidAuthenticationToken", "The access token is invalid.", authority)


def token_audience_invalid(audience: str, allowed: Sequence[str], authority: str) -> ArmError:
    """A token for another resource, for example Microsoft Graph."""
    listed = ",".join(f"'{item}'" for item in allowed)
    message = (
        f"The access token has been obtained for wrong audience or resource '{audience}'."
        f" It should exactly match with one of the allowed audiences {listed}."
    )
    return _unauthorized("InvalidAuthenticationTokenAudience", message, authority)


def token_expired(expired: datetime, now: datetime, authority: str) -> ArmError:
    """A token whose time is over."""
    message = (
        f"The access token expiry UTC time '{_us_time(expired)}' is earlier than current UTC time '{_us_time(now)}'."
    )
    return _unauthorized("ExpiredAuthenticationToken", message, authority)


def _us_time(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _unauthorized(code: str, message: str, authority: str) -> ArmError:
    challenge = _CHALLENGE.format(authority=authority, reason=message)
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})


def authorization_failed(client: str, object_id: str, action: str, scope: str) -> ArmError:
    """The principal has no role assignment that grants the action here."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' does not have authorization to perform action '{action}'"
        f" over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your"
        " credentials.",
    )


# What the request names


def subscription_id_invalid(subscription: str) -> ArmError:
    """An Azure subscription id that is no GUID."""
    return ArmError(
        400, "InvalidSubscriptionId", f"The provided subscription identifier '{subscription}' is malformed or invalid."
    )


def subscription_not_found(subscription: str) -> ArmError:
    """An unknown Azure subscription."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def resource_group_not_found(name: str) -> ArmError:
    """An unknown resource group."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def resource_group_being_deleted(name: str) -> ArmError:
    """A change inside a resource group that is going away."""
    return ArmError(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
    )


def resource_not_found(resource_type: str, names: str, resource_group: str) -> ArmError:
    """An unknown resource in a known resource group."""
    namespace, *types = resource_type.split("/")
    interleaved = "/".join(part for pair in zip(types, names.split("/"), strict=True) for part in pair)
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{namespace}/{interleaved}' under resource group '{resource_group}' was not found."
        " For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_resource_not_found(resource_type: str, parent: str) -> ArmError:
    """A child of something that does not exist."""
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{resource_type.split('/', 1)[1]}',"
        f" because the parent resource '{parent}' could not be found.",
    )


def subscription_not_registered(namespace: str) -> ArmError:
    """A resource provider that this Azure subscription does not use yet; Azure's clients register it and try again."""
    message = (
        f"The subscription is not registered to use namespace '{namespace}'."
        " See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    return ArmError(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


# API version, location, name, body


def api_version_missing() -> ArmError:
    """No `api-version` in the query."""
    return ArmError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def api_version_unsupported(
    resource_type: str, api_version: str, supported: Sequence[str], location: str, locations: Sequence[str]
) -> ArmError:
    """An `api-version` that the type does not have; Azure Resource Manager's own types word it differently."""
    listed = ", ".join(sorted(supported))
    if resource_type.lower().startswith("microsoft.resources/"):
        return ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{api_version}' is invalid. The supported versions are '{listed.replace(', ', ',')}'.",
        )
    return ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' for type"
        f" '{resource_type.split('/', 1)[1]}'. The supported api-versions are '{listed}'."
        f" The supported locations are '{', '.join(locations)}'.",
    )


def location_required() -> ArmError:
    """No location in the body of a tracked resource."""
    return ArmError(400, "LocationRequired", "The location property is required for this definition.")


def location_not_available(resource_type: str, location: str, available: Sequence[str]) -> ArmError:
    """A location that is none, or that does not have the type."""
    if resource_type == "Microsoft.Resources/resourceGroups":
        return ArmError(
            400,
            "LocationNotAvailableForResourceGroup",
            f"The provided location '{location}' is not available for resource group."
            f" List of available regions is '{','.join(available)}'.",
        )
    return ArmError(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{resource_type}'."
        f" List of available regions for the resource type is '{','.join(available)}'.",
    )


def location_cannot_change(resource_type: str, name: str, resource_group: str, existing: str, asked: str) -> ArmError:
    """A PUT that would move a resource."""
    if resource_type == "Microsoft.Resources/resourceGroups":
        return ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{asked}'. The Resource group already exists in location '{existing}'.",
        )
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{existing}' in resource group '{resource_group}'."
        f" A resource with the same name cannot be created in location '{asked}'. Please select a new resource name.",
    )


def content_invalid(reason: str) -> ArmError:
    """A body that does not have the type's form."""
    return ArmError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def not_implemented(message: str) -> ArmError:
    """What the emulator does not do. Azure never answers this; the emulator never pretends."""
    return ArmError(501, "NotImplemented", message)
