"""What Azure says when it refuses, and what a user can do about it: one table, and how an error is looked up in it.

Pure: `error_hooks` shows the advice and waits; docs/reference/troubleshooting.md is generated from `FAILURES`.
Sources are GitHub threads (owner/repository#number), pages of Microsoft's documentation, or error tables of others.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One refusal. `says` finds it in the provider's error; its named groups fill the braces in `advice`."""

    name: str
    """Its heading on the troubleshooting page, shown with the advice."""

    says: re.Pattern[str]
    example: str
    """Azure's words, with angle brackets for what varies."""

    why: str
    advice: str
    source: str
    waits: tuple[float, ...] = ()
    """Seconds before each further try of a failure that passes by itself; none for one that lasts."""


@dataclass(frozen=True, slots=True)
class FailedOperation:
    """What failed: a resource as the engine names it, its inputs, and its errors of this update, newest first."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, object]
    errors: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to tell the user, and after how many seconds to try again; None: not at all."""

    message: str
    wait: float | None = None


def react(failed: FailedOperation, pace: float = 1.0) -> Reaction | None:
    """Return what to do about a failed operation; None when nothing is known that Azure's words don't say.

    Args:
        failed: What failed.
        pace: What the waits are multiplied with.
    """
    newest = failed.errors[0]
    failure, match = _find(newest)
    advice = _advice(failure, match, failed) if failure and match else None
    if _was_accepted(newest):
        # A second try would find the resource and fail, and the engine would lose it from the state.
        return Reaction(" ".join(filter(None, (advice, ACCEPTED))))
    if failure is None or advice is None:
        return None
    tries = sum(failure.says.search(error) is not None for error in failed.errors)
    if tries > len(failure.waits):
        return Reaction(f"{advice} It did not pass in {tries} tries." if failure.waits else advice)
    wait = failure.waits[tries - 1] * pace
    # The engine shows what Azure said at the last try only.
    reason = f"{newest} This passes by itself as a rule. " if tries == 1 else ""
    return Reaction(f"{reason}Trying again in {wait:g} s ({tries} of {len(failure.waits)}).", wait)


ACCEPTED = (
    "Azure had accepted the request before it failed, so the resource is in the stack's state as it is. "
    "Run the same command again: it goes on from there."
)


def _find(error: str) -> tuple[Failure | None, re.Match[str] | None]:
    for failure in FAILURES:
        if match := failure.says.search(error):
            return failure, match
    return None, None


def _was_accepted(error: str) -> bool:
    # How the engine shows an operation that failed after the provider had reported the resource (plugin.InitError).
    return re.match(r"\d+ errors? occurred", error) is not None


def _advice(failure: Failure, match: re.Match[str], failed: FailedOperation) -> str:
    facts = {name: value or "" for name, value in match.groupdict().items()}
    if "existing" in facts:
        facts["id"] = _role_assignment_id(facts["existing"], failed.inputs)
    if "id" in facts:
        facts["import"] = import_command(failed, facts["id"])
    return f"{failure.advice.format_map(facts)} (troubleshooting: {failure.name})"


def import_command(failed: FailedOperation, resource_id: str) -> str:
    """Return the command that takes an existing resource into the state, in the place where the program has it."""
    parent = _parent_urn(failed)
    place = f" --parent 'parent={parent}'" if parent else ""
    options = f"--yes --protect=false --generate-code=false{place}"
    return f"pulumi import {options} {failed.type} {failed.name} '{resource_id}'"


# What the components append to their own name for the children whose Azure names are not random.
_ROLES = {
    "azure-native:machinelearningservices:MarketplaceSubscription": "-subscription",
    "azure-native:machinelearningservices:ServerlessEndpoint": "-endpoint",
    "azure-native:machinelearningservices:OnlineEndpoint": "-endpoint",
    "azure-native:machinelearningservices:OnlineDeployment": "-deployment-",
    "azure-native:resources:Deployment": "-traffic",
    "azure-native:monitor:AutoscaleSetting": "-autoscale-",
    "azure-native:authorization:RoleAssignment": "-role-",
}


def _parent_urn(failed: FailedOperation) -> str:
    """Return the URN of the component that has the resource, "" if it is not a component's."""
    stack, _, rest = failed.urn.rpartition(f"{failed.type}::{failed.name}")[0].rpartition("::")
    parent_name, suffix, _ = failed.name.rpartition(_ROLES.get(failed.type, "\0"))
    return f"{stack}::{rest.rstrip('$')}::{parent_name}" if rest and suffix else ""


def _role_assignment_id(digits: str, inputs: Mapping[str, object]) -> str:
    # Azure names the assignment by 32 digits; its id has them as a GUID.
    guid = str(uuid.UUID(digits)) if digits else "<its name>"
    scope = str(inputs.get("scope") or "<scope>").removeprefix("/")
    return f"/{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}"


_OPERATION_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, *(30.0,) * 20)
"""About ten minutes: operations on a workspace take up to that long."""

_REPLICATION_WAITS = (2.0, 4.0, 8.0, 16.0, *(30.0,) * 5)
"""Three minutes: new principals are usually there within two."""

_SELLER_TERMS = "MicrosoftDocs/azure-ai-docs, foundry-models/how-to/configure-marketplace.md"

FAILURES = (
    # Models and endpoints
    Failure(
        "model-not-in-location",
        re.compile(r"The requested model (?P<model>\S+) is not available in region (?P<region>[^.\"]+)\."),
        "The requested model <model id> is not available in region <region>.",
        "The model has no serverless endpoints in the workspace's location.",
        "{region} does not offer {model}. Deploy it in another location: the setting locations of the model, or "
        "location of the component.",
        "Azure/terraform-provider-azapi#662",
    ),
    Failure(
        "model-not-available",
        re.compile(r"The requested model (?P<model>\S+) is not available\."),
        "The requested model <model id> is not available.",
        "The model is deprecated or retired, or the Azure subscription is a free trial.",
        "Azure takes no new deployments of {model}: replace it in azure-mistral:models by its successor, and drop "
        "allowRetired. On a free trial, use a paid Azure subscription (azure-native:subscriptionId).",
        "alchemy-run/distilled, MachineLearningModelNotAvailable",
    ),
    Failure(
        "endpoint-name-taken",
        re.compile(r"Serverless endpoint name '(?P<name>[^']+)' is not available"),
        "Serverless endpoint name '<name>' is not available. Please select a different name.",
        "Endpoint names are unique in a location, over all customers of Azure.",
        "Give the endpoint another name than {name}: the setting endpointName of the model.",
        "Azure-Samples/azureai-foundry-finetuning-raft#45",
    ),
    Failure(
        "model-already-deployed",
        # Invented: Azure has the rule, and nobody has quoted what it says.
        re.compile(r"is already deployed to serverless endpoint '(?P<name>[^']+)'"),
        "Model <model id> is already deployed to serverless endpoint '<name>' in this workspace. (Azure's own words "
        "are not known.)",
        "A workspace has one serverless deployment of a model, and somebody else made one.",
        "Use the endpoint {name} that is there, delete it, or deploy into another workspace.",
        "MicrosoftDocs/azure-ai-docs, deploy-models-serverless.md (the limit)",
    ),
    # The Azure Marketplace
    Failure(
        "marketplace-subscription-exists",
        # Invented, as above.
        re.compile(r"already has a marketplace subscription to offer '(?P<offer>[^']+)': (?P<name>[^\s\".]+)"),
        "The workspace already has a marketplace subscription to offer '<offer>': <name>. (Azure's own words "
        "are not known.)",
        "A workspace subscribes to an offer once, and the studio or another stack did it.",
        "Use the Marketplace subscription that is there: set marketplaceSubscription of the model to {name}.",
        "MicrosoftDocs/azure-ai-docs, deploy-models-serverless.md (the limit)",
    ),
    Failure(
        "marketplace-free-subscription",
        re.compile(r"can't be purchased using a free subscription"),
        "Marketplace Subscription purchase eligibility check failed, error message [The plan '<plan>' can't be "
        "purchased using a free subscription. ...]",
        "Free, trial, student and Visual Studio credit subscriptions cannot buy from the Marketplace.",
        "Use a paid Azure subscription: azure-native:subscriptionId, or ARM_SUBSCRIPTION_ID.",
        _SELLER_TERMS,
    ),
    Failure(
        "marketplace-disabled",
        re.compile(r"enrollment for this subscription doesn't allow purchase"),
        "Marketplace Subscription purchase eligibility check failed, error message [Cannot complete purchase as your "
        "enrollment for this subscription doesn't allow purchase of marketplace products. ...]",
        "The Enterprise Agreement's administrator has turned Marketplace purchases off.",
        "Ask the administrator of the Azure enrolment to enable purchases of paid Marketplace products "
        "(https://go.microsoft.com/fwlink/?linkid=2297238).",
        "microsoft/microsoft-foundry-for-vscode#280",
    ),
    Failure(
        "marketplace-payment-method",
        re.compile(r"no valid payment method associated"),
        "Marketplace Subscription purchase eligibility check failed, error message [Purchase failed because there is "
        "no valid payment method associated with this Azure subscription. ...]",
        "The Azure subscription has nothing to pay with, which is also so for many cloud solution provider offers.",
        "Add a payment method to the Azure subscription, or use another one (https://aka.ms/SaaSPurchaseErrors).",
        "microsoft/foundry-dev-tools#440",
    ),
    Failure(
        "marketplace-not-eligible",
        re.compile(r"Marketplace Subscription purchase eligibility check failed|MarketplaceSubscriptionCannotBe"),
        "Error occurred when subscribing to Marketplace: Marketplace Subscription purchase eligibility check failed, "
        "error message [<reason>]",
        "The Azure subscription may not buy this offer; the brackets say why.",
        "Remove the reason that Azure names, or use another Azure subscription (https://aka.ms/SaaSPurchaseErrors).",
        _SELLER_TERMS,
    ),
    Failure(
        "marketplace-country",
        re.compile(
            r"AvailabilityNotInRegion: Product is not available in region: (?P<country>\w+)"
            r"|not made available by the provider in the country"
        ),
        "AvailabilityNotInRegion: Product is not available in region: <country>.",
        "The offer is not sold in the country of the Azure subscription's billing account.",
        "Use an Azure subscription that is billed in a country where the offer is sold; a location does not help.",
        "MicrosoftDocs/azure-docs#120449",
    ),
    Failure(
        "model-without-offer",
        re.compile(r"Model mapping properties not found for modelId: '(?P<model>[^']+)'"),
        "Model mapping properties not found for modelId: '<model id>' publisherId:",
        "Microsoft has not connected the model to an offer of the Marketplace, or has removed the connection.",
        "Nothing in this stack can help: deploy another model, or ask Microsoft's support about {model}.",
        "Azure/azureml-assets#4017",
    ),
    # Things that pass by themselves
    Failure(
        "operation-running",
        re.compile(r"Another operation with ID \S+ is already running"),
        "Another operation with ID [<id>] is already running on <resource id>.",
        "Azure works on one thing of a workspace at a time. The provider does not wait, because the code is not "
        "AnotherOperationInProgress.",
        "Azure is still busy with an earlier operation. If it happens at every update, set "
        "azure-mistral:serializeDeployments to true.",
        "alchemy-run/distilled, MachineLearningOperationInProgress",
        _OPERATION_WAITS,
    ),
    Failure(
        "principal-not-found",
        re.compile(r"PrincipalNotFound|Principal \w+ does not exist in the directory"),
        "Principal <id> does not exist in the directory <tenant>. ...",
        "A new principal takes a while to be known everywhere in Microsoft Entra ID; or the id is not the object id, "
        "or is of another tenant.",
        "If the principal is not brand-new, correct principalId in roleAssignments: it is an object id, for an "
        "application that of its service principal.",
        "Azure/azure-sdk-for-net#1652",
        _REPLICATION_WAITS,
    ),
    # Roles and rights
    Failure(
        "principal-type-wrong",
        re.compile(r"UnmatchedPrincipalType|has type '(?P<type>\w+)'\s*, which is different from"),
        "The PrincipalId '<id>' has type '<type>', which is different from specified PrincipalType '<type>'.",
        "The assignment says that the principal is of another type than it is.",
        "Correct principalType in roleAssignments. A managed identity is a ServicePrincipal.",
        "Microsoft Learn, Troubleshoot Azure RBAC",
    ),
    Failure(
        "role-not-found",
        re.compile(r"RoleDefinitionDoesNotExist"),
        "The specified role definition with ID '<id>' does not exist.",
        "No role of that GUID can be assigned in this Azure subscription.",
        "Correct role in roleAssignments. A custom role needs the Azure subscription among its assignable scopes.",
        "Microsoft Learn, Troubleshoot Azure RBAC",
    ),
    Failure(
        "role-assignment-exists",
        re.compile(
            r"The role assignment already exists\.(?: The ID of the existing role assignment is "
            r"(?P<existing>[0-9a-f]{32})\b)?"
        ),
        "The role assignment already exists. The ID of the existing role assignment is <32 digits>.",
        "The principal has the role on this scope already, by an assignment that somebody else made.",
        "Remove the entry from roleAssignments, or let this stack have its own: delete the other one with "
        "az role assignment delete --ids '{id}' and run the same command again. To take it over instead: {import}",
        "Microsoft Learn, Troubleshoot Azure RBAC",
    ),
    Failure(
        "not-authorized-to-assign-roles",
        re.compile(
            r"does not have authorization to perform action '(?P<action>Microsoft\.Authorization/roleAssignments/\w+)'"
            r" over scope '(?P<scope>[^']+)'"
        ),
        "The client '<id>' with object id '<id>' does not have authorization to perform action "
        "'Microsoft.Authorization/roleAssignments/write' over scope '<scope>' ...",
        "Contributor does not include the right to assign roles.",
        "Ask for Role Based Access Control Administrator (or Owner) on the resource group, or remove roleAssignments "
        "and let somebody assign them who may. After a grant, sign in again.",
        "Microsoft Learn, Troubleshoot Azure RBAC",
    ),
    Failure(
        "provider-not-registered",
        re.compile(
            r"The subscription is not registered to use namespace '(?P<namespace>[^']+)'"
            r"|perform action '(?P<provider>[\w.]+)/register/action'"
        ),
        "The subscription is not registered to use namespace '<namespace>'. See https://aka.ms/rps-not-found ...",
        "An Azure subscription registers each resource provider once. The provider does it by itself if it may.",
        "Let somebody with Contributor on the Azure subscription run: az provider register --namespace "
        "{namespace}{provider}",
        "Microsoft Learn, Resolve errors for resource provider registration",
    ),
    Failure(
        "not-authorized",
        re.compile(r"does not have authorization to perform action '(?P<action>[^']+)' over scope '(?P<scope>[^']+)'"),
        "The client '<id>' with object id '<id>' does not have authorization to perform action '<action>' over scope "
        "'<scope>' or the scope is invalid. ...",
        "The principal that runs Pulumi lacks a role.",
        "Ask for a role with {action} on {scope}: Contributor has all that this module needs but role assignments. "
        "After a grant, sign in again.",
        "Microsoft Learn, Troubleshoot Azure RBAC",
    ),
    Failure(
        "denied-by-policy",
        re.compile(r"was disallowed by policy"),
        "Resource '<name>' was disallowed by policy. Policy identifiers: ...",
        "An Azure Policy of the organisation forbids the resource as it is declared; the identifiers name it.",
        "Satisfy the policy by a setting (tags, locations), or ask its owner for an exemption.",
        "Azure/terraform-azurerm-caf-enterprise-scale#771",
    ),
    Failure(
        "storage-account-quota",
        re.compile(r"MaxStorageAccountsCountPerSubscriptionExceeded|already contains \d+ storage accounts"),
        "Subscription <id> already contains <number> storage accounts ... and the maximum allowed is <number>.",
        "An Azure subscription has a limited number of storage accounts in a location.",
        "Delete unused storage accounts, ask for more quota, or deploy in another location.",
        "Azure/azure-sdk-for-cpp#3959",
    ),
    # Names and what exists already
    Failure(
        "workspace-soft-deleted",
        re.compile(r"Soft-deleted workspace exists"),
        "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete",
        "A deleted workspace keeps its name for 14 days.",
        "Purge it: az ml workspace delete --permanently-delete --name <workspace> --resource-group <group>. Or give "
        "the workspace another name.",
        "Azure/azure-cli#33756",
    ),
    Failure(
        "key-vault-soft-deleted",
        re.compile(r"A vault with the same name already exists in deleted state"),
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key "
        "vault. ...",
        "A deleted key vault keeps its name for up to 90 days.",
        "Purge it: az keyvault purge --name <vault>. A vault with purge protection cannot be purged: use another name.",
        "pulumi/pulumi-azure-native#1174",
    ),
    Failure(
        "name-in-use",
        re.compile(r"The (?:vault name '|storage account named )(?P<name>[\w-]+)'? is already (?:in use|taken)"),
        "The vault name '<name>' is already in use. ... / The storage account named <name> is already taken.",
        "Names of key vaults and storage accounts are unique over all customers of Azure.",
        "Run the same command again: a new random name is tried. If you chose {name} yourself, choose another.",
        "Azure/ARO-Landing-Zone-Accelerator#28",
    ),
    Failure(
        "already-exists",
        re.compile(r"cannot create already existing resource '(?P<id>[^']+)'"),
        "cannot create already existing resource '<id>'",
        "The resource is in Azure and not in the stack's state: somebody else made it, or an update that was killed. "
        "The provider refuses to overwrite it.",
        "If this stack shall have it, run this and the same command again: {import}",
        "pulumi/pulumi-azure-native, provider/pkg/provider/provider.go",
    ),
)
"""The first that matches counts."""
