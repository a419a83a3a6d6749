"""Microsoft.Resources/deployments: an ARM template that is deployed into a resource group, incrementally.

Its resources are sent one after the other, each when those it depends on are done, as requests of the same principal.
Of the template language there are parameters, `[parameters('name')]` as a whole value, and dependsOn; everything else
is refused by name. Sources: azure-rest-api-specs, Microsoft.Resources/stable/2024-03-01/resources.json, and Microsoft's
"Troubleshoot common Azure deployment errors".
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from emulator.arm.api import Request, ResourceType, Response, Route, list_in_scope, page, shown, wait_headers
from emulator.arm.errors import ArmError, not_implemented
from emulator.arm.resources import VERSIONS
from emulator.arm.shapes import TAGS, Map
from emulator.resource_id import key, resource_group_id_of
from emulator.store import Document, Resource

DEPLOYMENTS = ResourceType("Microsoft.Resources/deployments", VERSIONS)

_NAME = re.compile(r"[-\w.()]{1,64}")
_PARAMETER = re.compile(r"\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]", re.IGNORECASE)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "secureobject": dict,
    "array": list,
}
_RESOURCE_MEMBERS = {"type", "apiVersion", "name", "dependsOn", "comments"}
_BODY_MEMBERS = {"location", "tags", "kind", "identity", "sku", "properties"}
_TEMPLATE_MEMBERS = {"$schema", "contentVersion", "languageVersion", "metadata", "parameters", "resources"}


def put_deployment(request: Request) -> Response:
    """Deploy a template: 201 for a new name, 200 for one that is used again, and an operation in both cases."""
    name = request.parameters["deployment"]
    if not _NAME.fullmatch(name):
        # Invented: the wording. The rule is the specification's pattern.
        raise ArmError(400, "InvalidDeploymentName", f"The deployment name '{name}' is invalid.")
    if request.body.get("location"):
        # pulumi/pulumi-azure-native#643, Azure/bicep-deploy#79
        raise ArmError(
            400,
            "InvalidDeployment",
            f"The 'location' property is not allowed for '{name}' at resource group scope."
            " Please see https://aka.ms/arm-deployment-subscription for usage details.",
        )
    existing = request.store.resource(request.path)
    if existing is not None and not _is_done(_advanced(request, existing)):
        raise _active(existing)
    given = request.body.get("properties") or {}
    template = _template(given)
    parameters = _parameters(template, given.get("parameters") or {})
    resources = _resources(request, template, {name: value for name, (_, value) in parameters.items()})
    error = request.operation_fault
    started = request.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    document: Document = {
        "tags": request.body.get("tags") or {},
        "properties": {
            "templateHash": str(int(hashlib.sha256(json.dumps(template).encode()).hexdigest()[:16], 16)),
            "parameters": {
                name: {"type": kind} if kind.lower().startswith("secure") else {"type": kind, "value": value}
                for name, (kind, value) in parameters.items()
            },
            "mode": "Incremental",
            "provisioningState": "Accepted",
            "timestamp": started,
            "duration": "PT0S",
            "correlationId": str(uuid.uuid4()),
            "providers": _providers(resources),
            "dependencies": [],
        },
    }
    private: Document = {
        "id": str(uuid.uuid4()),
        "pending": resources,
        "started": request.now.isoformat(),
        "sent": [],
        "error": error and {"code": error["code"], "message": error["message"]},
    }
    deployment = _advanced(request, Resource(request.id, DEPLOYMENTS.name, document, private), accepted=True)
    wait = request.lifecycle.retry_after()
    status = request.url(f"{deployment.id}/operationStatuses/{private['id']}")
    headers = {"Azure-AsyncOperation": status, **wait_headers(wait)}
    return Response(200 if existing else 201, shown(deployment), headers)


def get_deployment(request: Request) -> Response:
    """One deployment; also a poll of what it waits for."""
    return Response(200, shown(_advanced(request, _existing(request))))


def head_deployment(request: Request) -> Response:
    """204 if there is one."""
    _existing(request)
    return Response(204)


def delete_deployment(request: Request) -> Response:
    """Forget a deployment: 202, or 204 if there is none. What it deployed stays."""
    deployment = request.store.resource(request.path)
    if deployment is None:
        return Response(204)
    if not _is_done(_advanced(request, deployment)):
        raise _active(deployment)
    request.store.remove(deployment.id)
    operation = request.lifecycle.start(deployment.id, DEPLOYMENTS.name, "delete")
    location = request.url(f"/subscriptions/{request.subscription}/operationresults/{operation.id}")
    return Response(202, None, {"Location": location, **wait_headers(operation.retry_after)})


def get_status(request: Request) -> Response:
    """How far a deployment is, as the Azure-AsyncOperation URL shows it."""
    path = request.path.rsplit("/", 2)[0]
    deployment = request.store.resource(path)
    if deployment is None or deployment.private["id"] != request.parameters["operation"]:
        raise ArmError(404, "DeploymentOperationNotFound", f"The deployment operation '{request.path}' was not found.")
    deployment = _advanced(request, deployment)
    state = deployment.properties["provisioningState"]
    body: Document = {"status": state}
    if state == "Failed":
        body["error"] = deployment.properties["error"]
    return Response(200, body, {} if _is_done(deployment) else wait_headers(request.lifecycle.retry_after()))


def list_operations(request: Request) -> Response:
    """What a deployment has sent, and how it ended."""
    path = request.path.rsplit("/", 1)[0]
    deployment = request.store.resource(path)
    if deployment is None:
        raise _not_found(request)
    deployment = _advanced(request, deployment)
    return page(
        [
            {
                "id": f"{deployment.id}/operations/{sent['operation']}",
                "operationId": sent["operation"],
                "properties": {
                    "provisioningOperation": "Create",
                    "provisioningState": sent["state"],
                    "timestamp": deployment.properties["timestamp"],
                    "targetResource": {"id": sent["id"], "resourceType": sent["type"], "resourceName": sent["name"]},
                }
                | ({"statusMessage": {"error": sent["error"]}} if sent.get("error") else {}),
            }
            for sent in deployment.private["sent"]
        ]
    )


# Progress


def _is_done(deployment: Resource) -> bool:
    return deployment.properties["provisioningState"] in ("Succeeded", "Failed")


def _advanced(request: Request, deployment: Resource, *, accepted: bool = False) -> Resource:
    """The deployment after what it waited for has been polled, and what can be sent has been sent."""
    if _is_done(deployment):
        return deployment
    private = dict(deployment.private)
    sent: list[Document] = [_polled(request, item) for item in private["sent"]]
    pending: list[Document] = list(private["pending"])
    error = private["error"] or _failure(deployment, sent)
    while pending and not error and all(item["state"] != "Running" for item in sent):
        sent.append(_sent(request, pending.pop(0)))
        error = _failure(deployment, sent)
    running = any(item["state"] == "Running" for item in sent)
    state = "Accepted" if accepted else "Running" if running else "Failed" if error else "Succeeded"
    elapsed = (request.now - datetime.fromisoformat(private["started"])).total_seconds()
    changes: Document = {"provisioningState": state, "duration": f"PT{elapsed:.7f}S"}
    if state == "Failed":
        changes["error"] = error
    if state == "Succeeded":
        changes["outputResources"] = [{"id": item["id"]} for item in sent]
    private |= {"sent": sent, "pending": pending}
    changed = Resource(deployment.id, deployment.type, deployment.document, private).with_properties(**changes)
    return request.store.put(changed)


def _sent(request: Request, resource: Document) -> Document:
    result = {"operation": uuid.uuid4().hex[:16].upper(), **{name: resource[name] for name in ("id", "type", "name")}}
    try:
        request.send("PUT", resource["id"], resource["apiVersion"], resource["body"])
    except ArmError as error:
        # Microsoft.MachineLearningServices' errors keep their details, which hold the reason.
        shown_error = {"code": error.code, "message": error.message, "target": resource["id"], **error.members}
        return result | {"state": "Failed", "error": shown_error}
    operation = request.lifecycle.running(resource["id"])
    if operation is None:
        return result | {"state": "Succeeded"}
    return result | {"state": "Running", "running": operation.id}


def _polled(request: Request, sent: Document) -> Document:
    operation = request.store.operation(sent["running"]) if sent["state"] == "Running" else None
    if operation is None:
        return sent
    operation = request.lifecycle.poll(operation)
    if operation.status == "InProgress":
        return sent
    if operation.status == "Succeeded":
        return sent | {"state": "Succeeded"}
    inner = operation.error or {"code": "Canceled", "message": "The operation was canceled."}
    error = {
        "code": "ResourceDeploymentFailure",
        "target": sent["id"],
        "message": "The resource write operation failed to complete successfully, because it reached terminal"
        " provisioning state 'Failed'.",
        "details": [{"code": inner["code"], "message": inner["message"]}],
    }
    return sent | {"state": "Failed", "error": error}


def _failure(deployment: Resource, sent: Sequence[Document]) -> Document | None:
    failed = [item["error"] for item in sent if item["state"] == "Failed"]
    if not failed:
        return None
    return {
        "code": "DeploymentFailed",
        "target": deployment.id,
        "message": "At least one resource deployment operation failed. Please list deployment operations for details."
        " Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": failed,
    }


def _existing(request: Request) -> Resource:
    deployment = request.store.resource(request.path)
    if deployment is None:
        raise _not_found(request)
    return deployment


def _not_found(request: Request) -> ArmError:
    name = request.parameters["deployment"]
    return ArmError(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


def _active(deployment: Resource) -> ArmError:
    # Microsoft's documentation of DeploymentActive; the times that Azure writes into it are left out.
    return ArmError(
        409,
        "DeploymentActive",
        f"Unable to edit or replace deployment '{deployment.name}': previous deployment from"
        f" '{deployment.properties['timestamp']}' is still active."
        " Please see https://aka.ms/arm-deploy for usage details.",
    )


# The template


def _template(given: Document) -> Document:
    if str(given.get("mode") or "").lower() != "incremental":
        raise not_implemented(
            f"The emulator does not implement deployments of mode {given.get('mode')}. Use Incremental."
        )
    for name in ("templateLink", "parametersLink", "onErrorDeployment", "expressionEvaluationOptions"):
        if given.get(name):
            raise not_implemented(f"The emulator does not implement {name} of deployments. Leave it out.")
    template = given.get("template")
    if not isinstance(template, dict):
        raise _invalid("The template is missing or is not an object.")
    _check_members("the template", template, _TEMPLATE_MEMBERS)
    return template


def _parameters(template: Document, given: Mapping[str, Document]) -> dict[str, tuple[str, Any]]:
    """Type and value of each parameter."""
    declared: Document = template.get("parameters") or {}
    if unknown := [name for name in given if name not in declared]:
        raise _invalid(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they are not present"
            " in the original template and can therefore not be provided at deployment time. The only supported"
            f" parameters for this template are '{', '.join(declared)}'."
            " Please see https://aka.ms/arm-pass-parameter-values for usage details."
        )
    found = {}
    for name, declaration in declared.items():
        kind = str(declaration.get("type", "")).lower()
        if kind not in _TYPES:
            raise _invalid(f"The template parameter '{name}' has the type '{declaration.get('type')}'.")
        if given.get(name, {}).get("reference"):
            raise not_implemented(f"The emulator does not implement Key Vault references. Parameter: {name}.")
        if "value" in given.get(name, {}):
            value = given[name]["value"]
        elif "defaultValue" in declaration:
            value = declaration["defaultValue"]
        else:
            # Invented: line and column, which Azure counts in a text that the request does not hold.
            raise _invalid(
                f"The value for the template parameter '{name}' at line '1' and column '1' is not provided."
                " Please see https://aka.ms/arm-create-parameter-file for usage details.",
                f"parameters.{name}",
            )
        if not isinstance(value, _TYPES[kind]) or (kind == "int" and isinstance(value, bool)):
            raise _invalid(
                f"Template parameter JToken type is not valid. Expected '{declaration['type']}'. Actual"
                f" '{type(value).__name__}'. Please see https://aka.ms/arm-create-parameter-file for usage details.",
                f"parameters.{name}",
            )
        found[name] = (str(declaration["type"]), value)
    return found


def _resources(request: Request, template: Document, parameters: Mapping[str, Any]) -> list[Document]:
    """The resources to send, each after those it depends on."""
    group = resource_group_id_of(request.path)
    found: list[Document] = []
    for entry in template.get("resources") or []:
        _check_members("a template resource", entry, _RESOURCE_MEMBERS | _BODY_MEMBERS)
        resource = _evaluated({name: value for name, value in entry.items() if name != "comments"}, parameters)
        namespace, *types = str(resource.get("type")).split("/")
        names = str(resource.get("name")).split("/")
        if len(types) != len(names):
            raise _invalid(
                f"The template resource '{resource.get('name')}' for type '{resource.get('type')}' at line '1' and"
                " column '1' has incorrect segment lengths. A nested resource type must have identical number of"
                " segments as its resource name. A root resource type must have segment length one greater than its"
                " resource name. Please see https://aka.ms/arm-syntax-resources for usage details."
            )
        path = "/".join(part for pair in zip(types, names, strict=True) for part in pair)
        found.append(
            {
                "id": f"{group}/providers/{namespace}/{path}",
                "type": resource["type"],
                "name": resource["name"],
                "apiVersion": str(resource.get("apiVersion")),
                "dependsOn": resource.get("dependsOn") or [],
                "body": {name: resource[name] for name in _BODY_MEMBERS if name in resource},
            }
        )
    return _ordered(found)


def _ordered(resources: Sequence[Document]) -> list[Document]:
    ordered: list[Document] = []
    waiting = list(resources)
    for dependency in {item for resource in resources for item in resource["dependsOn"]}:
        if not any(_is_named(resource, dependency) for resource in resources):
            raise _invalid(f"The resource '{dependency}' is not defined in the template.")
    while waiting:
        ready = [
            item for item in waiting if not any(_is_named(other, x) for other in waiting for x in item["dependsOn"])
        ]
        if not ready:
            raise _invalid(f"Circular dependency detected on resource: '{waiting[0]['id']}'.")
        ordered += ready
        waiting = [item for item in waiting if item not in ready]
    return ordered


def _is_named(resource: Document, dependency: str) -> bool:
    names = (resource["id"], resource["name"], f"{resource['type']}/{resource['name']}")
    return key(dependency) in [key(name) for name in names]


def _evaluated(value: Any, parameters: Mapping[str, Any]) -> Any:
    match value:
        case dict():
            return {name: _evaluated(item, parameters) for name, item in value.items()}
        case list():
            return [_evaluated(item, parameters) for item in value]
        case str() if value.startswith("[["):
            return value[1:]
        case str() if value.startswith("[") and value.endswith("]"):
            expression = _PARAMETER.fullmatch(value)
            if expression is None:
                raise not_implemented(
                    f"The emulator does not implement the template expression {value}. It implements"
                    " [parameters('name')]."
                )
            name = next((name for name in parameters if name.lower() == expression[1].lower()), None)
            if name is None:
                raise _invalid(
                    f"The template parameter '{expression[1]}' is not found."
                    " Please see https://aka.ms/arm-syntax-parameters for usage details."
                )
            return parameters[name]
        case _:
            return value


def _check_members(what: str, members: Mapping[str, Any], known: set[str]) -> None:
    for name in members:
        if name not in known:
            raise not_implemented(
                f"The emulator does not implement '{name}' of {what}. It implements {', '.join(sorted(known))}."
            )


def _providers(resources: Sequence[Document]) -> list[Document]:
    namespaces = dict.fromkeys(resource["type"].split("/")[0] for resource in resources)
    return [
        {
            "namespace": namespace,
            "resourceTypes": [
                {"resourceType": kind.split("/", 1)[1], "locations": [location]}
                for kind, location in dict.fromkeys(
                    (resource["type"], resource["body"].get("location")) for resource in resources
                )
                if kind.split("/")[0] == namespace
            ],
        }
        for namespace in namespaces
    ]


def _invalid(reason: str, path: str = "") -> ArmError:
    information = {"type": "TemplateViolation", "info": {"lineNumber": 1, "linePosition": 1, "path": path}}
    message = f"Deployment template validation failed: '{reason}'."
    return ArmError(400, "InvalidTemplate", message, additionalInfo=[information])


_SHAPE = {
    "id": str,
    "name": str,
    "type": str,
    "location": str,
    "tags": TAGS,
    "properties": {
        "debugSetting": dict,
        "expressionEvaluationOptions": dict,
        "mode": str,
        "onErrorDeployment": dict,
        "parameters": Map(dict),
        "parametersLink": dict,
        "template": Any,
        "templateLink": dict,
    },
}
_DEPLOYMENTS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Resources/deployments"
_DEPLOYMENT = _DEPLOYMENTS + "/{deployment}"

ROUTES = (
    Route("PUT", _DEPLOYMENT, DEPLOYMENTS, put_deployment, _SHAPE),
    Route("GET", _DEPLOYMENT, DEPLOYMENTS, get_deployment),
    Route("HEAD", _DEPLOYMENT, DEPLOYMENTS, head_deployment),
    Route("DELETE", _DEPLOYMENT, DEPLOYMENTS, delete_deployment),
    Route("GET", _DEPLOYMENTS, DEPLOYMENTS, list_in_scope),
    Route("GET", f"{_DEPLOYMENT}/operations", DEPLOYMENTS, list_operations),
    Route("GET", f"{_DEPLOYMENT}/operationStatuses/{{operation}}", DEPLOYMENTS, get_status),
)
