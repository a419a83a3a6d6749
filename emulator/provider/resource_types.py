"""The table of resource types that the stand-in knows, and nothing else: to teach it another type, add an entry.

Property names, API versions and required inputs are those of the pulumi-azure-native 3.29.0 SDK, which the tests
compare with this table; paths, wire names and limits are those of azure-rest-api-specs at those API versions. What a
change replaces follows the official plugin: path parameters, its list `forceNewMap` (pulumi-azure-native
provider/pkg/gen/replacement.go), and the location of tracked resources.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from emulator.provider.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    Property,
    array,
    create_only,
    default,
    maintained,
    mapping,
    obj,
    read_only,
    required,
    string_set,
    text,
    wire,
    write_only,
)


class AutoName(StrEnum):
    """How a resource gets its Azure name when the program gives none."""

    RANDOM = "random"
    """The logical name and eight hexadecimal digits."""
    COPY = "copy"
    """The logical name: for the children of a named resource."""
    UUID = "uuid"
    """A random UUID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One resource type: how it is addressed, what it is made of, and which of its operations take time."""

    pulumi_type: str
    path: str
    """The ARM path; the parameters in braces, other than `subscriptionId`, are inputs, and the last one is the name."""
    api_version: str
    auto_name: AutoName
    parameters: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))
    """Limits of path parameters, where there are any."""
    body: Mapping[str, Property]
    """Members of the request and response body, where the SDK has them at the same place."""
    flattened: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))
    """Members of the body's `properties`, which the SDK shows at the top level."""
    long_running_put: bool = False
    """Marked `x-ms-long-running-operation`: answers may have to be polled whatever their status code is."""
    long_running_delete: bool = False
    auto_location: bool = True
    """Whether the plugin fills in a location that the program leaves out: the official one's `AutoLocationDisabled`."""

    @property
    def path_parameters(self) -> Mapping[str, Property]:
        """The path's parameters that are inputs, in their order; all of them are required and replace on change."""
        names = [name for name in _PATH_PARAMETER.findall(self.path) if name != "subscriptionId"]
        return {name: create_only(required(self.parameters.get(name, STRING))) for name in names}

    @property
    def name_parameter(self) -> str:
        """The path parameter that names the resource."""
        return list(self.path_parameters)[-1]

    @property
    def members(self) -> Property:
        """All members of the body as one object, in the SDK's shape."""
        flattened = {name: wire(f"properties.{prop.wire_name or name}", prop) for name, prop in self.flattened.items()}
        return obj(**{"name": read_only(STRING), "type": read_only(STRING), **self.body, **flattened})

    @property
    def inputs(self) -> Mapping[str, Property]:
        """Everything that a program can set."""
        return {**self.path_parameters, **dict(self.members.inputs)}


_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_IN_RESOURCE_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/"
_RESOURCE_GROUP_NAME = text(min_length=1, max_length=90)
_ML_WORKSPACE_NAME = text(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$")
_ML_ONLINE_NAME = text(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$")

_LOCATION = create_only(STRING)
_TAGS = mapping(STRING)
_SYSTEM_DATA = read_only(
    obj(
        createdAt=STRING,
        createdBy=STRING,
        createdByType=STRING,
        lastModifiedAt=STRING,
        lastModifiedBy=STRING,
        lastModifiedByType=STRING,
    )
)
_IDENTITY = obj(
    type=required(STRING),
    userAssignedIdentities=string_set(obj(clientId=STRING, principalId=STRING)),
    principalId=read_only(STRING),
    tenantId=read_only(STRING),
)
_SKU = obj(name=required(STRING), capacity=INTEGER, family=STRING, size=STRING, tier=STRING)
_LINK_STATE = obj(actionsRequired=STRING, description=STRING, status=STRING)


RESOURCE_GROUP = ResourceType(
    pulumi_type="azure-native:resources:ResourceGroup",
    path="/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}",
    api_version="2024-03-01",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": text(min_length=1, max_length=90, pattern=r"^[-\w\._\(\)]+$")},
    body={
        "location": required(_LOCATION),
        "managedBy": STRING,
        "tags": _TAGS,
        "properties": read_only(obj(provisioningState=STRING)),
    },
    long_running_delete=True,
)

_SERVICE_ENCRYPTION = obj(enabled=BOOLEAN, keyType=STRING, lastEnabledTime=read_only(STRING))
_INTERNET_ENDPOINTS = obj(blob=STRING, dfs=STRING, file=STRING, web=STRING)
_MICROSOFT_ENDPOINTS = obj(blob=STRING, dfs=STRING, file=STRING, queue=STRING, table=STRING, web=STRING)
_STORAGE_ENDPOINTS = read_only(
    obj(
        **_MICROSOFT_ENDPOINTS.properties,
        internetEndpoints=_INTERNET_ENDPOINTS,
        microsoftEndpoints=_MICROSOFT_ENDPOINTS,
    )
)

STORAGE_ACCOUNT = ResourceType(
    pulumi_type="azure-native:storage:StorageAccount",
    path=_IN_RESOURCE_GROUP + "Microsoft.Storage/storageAccounts/{accountName}",
    api_version="2024-01-01",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME, "accountName": text(min_length=3, max_length=24)},
    body={
        "kind": required(STRING),
        "sku": required(obj(name=required(STRING), tier=read_only(STRING))),
        "location": required(_LOCATION),
        "tags": _TAGS,
        "identity": _IDENTITY,
        "extendedLocation": obj(name=STRING, type=STRING),
    },
    flattened={
        "accessTier": STRING,
        "allowBlobPublicAccess": BOOLEAN,
        "allowCrossTenantReplication": BOOLEAN,
        "allowSharedKeyAccess": BOOLEAN,
        "allowedCopyScope": STRING,
        "azureFilesIdentityBasedAuthentication": obj(
            directoryServiceOptions=required(STRING),
            activeDirectoryProperties=obj(
                domainGuid=required(STRING),
                domainName=required(STRING),
                accountType=STRING,
                azureStorageSid=STRING,
                domainSid=STRING,
                forestName=STRING,
                netBiosDomainName=STRING,
                samAccountName=STRING,
            ),
            defaultSharePermission=STRING,
        ),
        "customDomain": obj(name=required(STRING), useSubDomainName=BOOLEAN),
        "defaultToOAuthAuthentication": BOOLEAN,
        "dnsEndpointType": STRING,
        "enableExtendedGroups": BOOLEAN,
        "enableHttpsTrafficOnly": wire("supportsHttpsTrafficOnly", BOOLEAN),
        "enableNfsV3": wire("isNfsV3Enabled", BOOLEAN),
        "encryption": obj(
            encryptionIdentity=wire(
                "identity",
                obj(
                    encryptionFederatedIdentityClientId=wire("federatedIdentityClientId", STRING),
                    encryptionUserAssignedIdentity=wire("userAssignedIdentity", STRING),
                ),
            ),
            keySource=default("Microsoft.Storage", STRING),
            keyVaultProperties=wire(
                "keyvaultproperties",
                obj(
                    keyName=wire("keyname", STRING),
                    keyVaultUri=wire("keyvaulturi", STRING),
                    keyVersion=wire("keyversion", STRING),
                    currentVersionedKeyExpirationTimestamp=read_only(STRING),
                    currentVersionedKeyIdentifier=read_only(STRING),
                    lastKeyRotationTimestamp=read_only(STRING),
                ),
            ),
            requireInfrastructureEncryption=BOOLEAN,
            services=obj(
                blob=_SERVICE_ENCRYPTION,
                file=_SERVICE_ENCRYPTION,
                queue=_SERVICE_ENCRYPTION,
                table=_SERVICE_ENCRYPTION,
            ),
        ),
        "immutableStorageWithVersioning": obj(
            enabled=BOOLEAN,
            immutabilityPolicy=obj(
                allowProtectedAppendWrites=BOOLEAN, immutabilityPeriodSinceCreationInDays=INTEGER, state=STRING
            ),
        ),
        "isHnsEnabled": create_only(BOOLEAN),
        "isLocalUserEnabled": BOOLEAN,
        "isSftpEnabled": BOOLEAN,
        "keyPolicy": obj(keyExpirationPeriodInDays=required(INTEGER)),
        "largeFileSharesState": STRING,
        "minimumTlsVersion": STRING,
        "networkRuleSet": wire(
            "networkAcls",
            obj(
                defaultAction=required(default("Allow", STRING)),
                bypass=default("AzureServices", STRING),
                ipRules=array(
                    obj(iPAddressOrRange=wire("value", required(STRING)), action=default("Allow", STRING)),
                ),
                resourceAccessRules=array(obj(resourceId=STRING, tenantId=STRING)),
                virtualNetworkRules=array(
                    obj(
                        virtualNetworkResourceId=wire("id", required(STRING)),
                        action=default("Allow", STRING),
                        state=STRING,
                    )
                ),
            ),
        ),
        "publicNetworkAccess": STRING,
        "routingPreference": obj(
            publishInternetEndpoints=BOOLEAN, publishMicrosoftEndpoints=BOOLEAN, routingChoice=STRING
        ),
        "sasPolicy": obj(expirationAction=required(default("Log", STRING)), sasExpirationPeriod=required(STRING)),
        "accountMigrationInProgress": read_only(BOOLEAN),
        "blobRestoreStatus": read_only(
            obj(
                failureReason=STRING,
                parameters=obj(blobRanges=array(obj(endRange=STRING, startRange=STRING)), timeToRestore=STRING),
                restoreId=STRING,
                status=STRING,
            )
        ),
        "creationTime": read_only(STRING),
        "failoverInProgress": read_only(BOOLEAN),
        "geoReplicationStats": read_only(
            obj(
                canFailover=BOOLEAN,
                canPlannedFailover=BOOLEAN,
                lastSyncTime=STRING,
                postFailoverRedundancy=STRING,
                postPlannedFailoverRedundancy=STRING,
                status=STRING,
            )
        ),
        "isSkuConversionBlocked": read_only(BOOLEAN),
        "keyCreationTime": read_only(obj(key1=STRING, key2=STRING)),
        "lastGeoFailoverTime": read_only(STRING),
        "primaryEndpoints": _STORAGE_ENDPOINTS,
        "primaryLocation": read_only(STRING),
        "privateEndpointConnections": read_only(
            array(
                obj(
                    id=STRING,
                    name=STRING,
                    type=STRING,
                    provisioningState=wire("properties.provisioningState", STRING),
                    privateEndpoint=wire("properties.privateEndpoint", obj(id=STRING)),
                    privateLinkServiceConnectionState=wire(
                        "properties.privateLinkServiceConnectionState",
                        obj(actionRequired=STRING, description=STRING, status=STRING),
                    ),
                )
            )
        ),
        "provisioningState": read_only(STRING),
        "secondaryEndpoints": _STORAGE_ENDPOINTS,
        "secondaryLocation": read_only(STRING),
        "statusOfPrimary": read_only(STRING),
        "statusOfSecondary": read_only(STRING),
        "storageAccountSkuConversionStatus": read_only(
            obj(endTime=STRING, skuConversionStatus=STRING, startTime=STRING, targetSkuName=STRING)
        ),
    },
    long_running_put=True,
)


VAULT = ResourceType(
    pulumi_type="azure-native:keyvault:Vault",
    path=_IN_RESOURCE_GROUP + "Microsoft.KeyVault/vaults/{vaultName}",
    api_version="2024-11-01",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME, "vaultName": text(pattern=r"^[a-zA-Z0-9-]{3,24}$")},
    body={
        "location": required(_LOCATION),
        "tags": _TAGS,
        "properties": required(
            obj(
                sku=required(obj(family=required(STRING), name=required(STRING))),
                tenantId=required(STRING),
                accessPolicies=maintained(
                    array(
                        obj(
                            objectId=required(STRING),
                            permissions=required(
                                obj(
                                    certificates=array(STRING),
                                    keys=array(STRING),
                                    secrets=array(STRING),
                                    storage=array(STRING),
                                )
                            ),
                            tenantId=required(STRING),
                            applicationId=STRING,
                        )
                    )
                ),
                createMode=write_only(STRING),
                enablePurgeProtection=BOOLEAN,
                enableRbacAuthorization=default(False, BOOLEAN),
                enableSoftDelete=default(True, BOOLEAN),
                enabledForDeployment=default(False, BOOLEAN),
                enabledForDiskEncryption=default(False, BOOLEAN),
                enabledForTemplateDeployment=default(False, BOOLEAN),
                networkAcls=obj(
                    bypass=STRING,
                    defaultAction=STRING,
                    ipRules=array(obj(value=required(STRING))),
                    virtualNetworkRules=array(obj(id=required(STRING), ignoreMissingVnetServiceEndpoint=BOOLEAN)),
                ),
                publicNetworkAccess=default("enabled", STRING),
                softDeleteRetentionInDays=default(90, INTEGER),
                hsmPoolResourceId=read_only(STRING),
                privateEndpointConnections=read_only(
                    array(
                        obj(
                            id=STRING,
                            etag=STRING,
                            provisioningState=wire("properties.provisioningState", STRING),
                            privateEndpoint=wire("properties.privateEndpoint", obj(id=STRING)),
                            privateLinkServiceConnectionState=wire(
                                "properties.privateLinkServiceConnectionState", _LINK_STATE
                            ),
                        )
                    )
                ),
                provisioningState=read_only(STRING),
                vaultUri=read_only(STRING),
            )
        ),
        "systemData": _SYSTEM_DATA,
    },
    long_running_put=True,
)


LOG_ANALYTICS_WORKSPACE = ResourceType(
    pulumi_type="azure-native:operationalinsights:Workspace",
    path=_IN_RESOURCE_GROUP + "Microsoft.OperationalInsights/workspaces/{workspaceName}",
    api_version="2023-09-01",
    auto_name=AutoName.RANDOM,
    parameters={
        "resourceGroupName": _RESOURCE_GROUP_NAME,
        "workspaceName": text(min_length=4, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$"),
    },
    body={
        "location": required(_LOCATION),
        "tags": _TAGS,
        "identity": _IDENTITY,
        "etag": read_only(STRING),
        "systemData": _SYSTEM_DATA,
    },
    flattened={
        "defaultDataCollectionRuleResourceId": STRING,
        "features": obj(
            clusterResourceId=STRING,
            disableLocalAuth=BOOLEAN,
            enableDataExport=BOOLEAN,
            enableLogAccessUsingOnlyResourcePermissions=BOOLEAN,
            immediatePurgeDataOn30Days=BOOLEAN,
            unifiedSentinelBillingOnly=read_only(BOOLEAN),
        ),
        "forceCmkForQuery": BOOLEAN,
        "publicNetworkAccessForIngestion": STRING,
        "publicNetworkAccessForQuery": STRING,
        "retentionInDays": INTEGER,
        "sku": obj(name=required(STRING), capacityReservationLevel=INTEGER, lastSkuUpdate=read_only(STRING)),
        "workspaceCapping": obj(
            dailyQuotaGb=NUMBER, dataIngestionStatus=read_only(STRING), quotaNextResetTime=read_only(STRING)
        ),
        "createdDate": read_only(STRING),
        "customerId": read_only(STRING),
        "modifiedDate": read_only(STRING),
        "privateLinkScopedResources": read_only(array(obj(resourceId=STRING, scopeId=STRING))),
        "provisioningState": read_only(STRING),
    },
    long_running_put=True,
    long_running_delete=True,
)


APPLICATION_INSIGHTS_COMPONENT = ResourceType(
    pulumi_type="azure-native:applicationinsights:Component",
    path=_IN_RESOURCE_GROUP + "Microsoft.Insights/components/{resourceName}",
    api_version="2020-02-02",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME},
    body={
        "kind": required(STRING),
        "location": required(_LOCATION),
        "tags": _TAGS,
        "etag": read_only(STRING),
    },
    flattened={
        "applicationType": wire("Application_Type", required(default("web", STRING))),
        "disableIpMasking": wire("DisableIpMasking", BOOLEAN),
        "disableLocalAuth": wire("DisableLocalAuth", BOOLEAN),
        "flowType": wire("Flow_Type", default("Bluefield", STRING)),
        "forceCustomerStorageForProfiler": wire("ForceCustomerStorageForProfiler", BOOLEAN),
        "hockeyAppId": wire("HockeyAppId", STRING),
        "immediatePurgeDataOn30Days": wire("ImmediatePurgeDataOn30Days", BOOLEAN),
        "ingestionMode": wire("IngestionMode", default("LogAnalytics", STRING)),
        "publicNetworkAccessForIngestion": default("Enabled", STRING),
        "publicNetworkAccessForQuery": default("Enabled", STRING),
        "requestSource": wire("Request_Source", default("rest", STRING)),
        "retentionInDays": wire("RetentionInDays", INTEGER),
        "samplingPercentage": wire("SamplingPercentage", NUMBER),
        "workspaceResourceId": wire("WorkspaceResourceId", STRING),
        "appId": wire("AppId", read_only(STRING)),
        "applicationId": wire("ApplicationId", read_only(STRING)),
        "connectionString": wire("ConnectionString", read_only(STRING)),
        "creationDate": wire("CreationDate", read_only(STRING)),
        "hockeyAppToken": wire("HockeyAppToken", read_only(STRING)),
        "instrumentationKey": wire("InstrumentationKey", read_only(STRING)),
        "laMigrationDate": wire("LaMigrationDate", read_only(STRING)),
        "privateLinkScopedResources": wire(
            "PrivateLinkScopedResources",
            read_only(array(obj(resourceId=wire("ResourceId", STRING), scopeId=wire("ScopeId", STRING)))),
        ),
        "provisioningState": read_only(STRING),
        "tenantId": wire("TenantId", read_only(STRING)),
    },
)


ML_WORKSPACE = ResourceType(
    pulumi_type="azure-native:machinelearningservices:Workspace",
    path=_IN_RESOURCE_GROUP + "Microsoft.MachineLearningServices/workspaces/{workspaceName}",
    api_version="2025-12-01",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME, "workspaceName": _ML_WORKSPACE_NAME},
    body={
        "identity": _IDENTITY,
        "kind": STRING,
        "location": _LOCATION,
        "sku": _SKU,
        "tags": _TAGS,
        "systemData": _SYSTEM_DATA,
    },
    flattened={
        "allowPublicAccessWhenBehindVnet": BOOLEAN,
        "applicationInsights": STRING,
        "associatedWorkspaces": array(STRING),
        "containerRegistry": STRING,
        "description": STRING,
        "discoveryUrl": STRING,
        "enableDataIsolation": BOOLEAN,
        "enableServiceSideCMKEncryption": BOOLEAN,
        "encryption": obj(
            keyVaultProperties=required(
                obj(keyIdentifier=required(STRING), keyVaultArmId=required(STRING), identityClientId=STRING)
            ),
            status=required(STRING),
            cosmosDbResourceId=STRING,
            identity=obj(userAssignedIdentity=STRING),
            searchAccountResourceId=STRING,
            storageAccountResourceId=STRING,
        ),
        "featureStoreSettings": obj(
            computeRuntime=obj(sparkRuntimeVersion=STRING),
            offlineStoreConnectionName=STRING,
            onlineStoreConnectionName=STRING,
        ),
        "friendlyName": STRING,
        "hbiWorkspace": BOOLEAN,
        "hubResourceId": STRING,
        "imageBuildCompute": STRING,
        "keyVault": STRING,
        "managedNetwork": obj(
            enableNetworkMonitor=default(False, BOOLEAN),
            firewallSku=STRING,
            isolationMode=STRING,
            managedNetworkKind=STRING,
            outboundRules=mapping(ANY),
            status=obj(sparkReady=BOOLEAN, status=STRING),
            firewallPublicIpAddress=read_only(STRING),
            networkId=read_only(STRING),
        ),
        "primaryUserAssignedIdentity": STRING,
        "provisionNetworkNow": BOOLEAN,
        "publicNetworkAccess": STRING,
        "serverlessComputeSettings": obj(serverlessComputeCustomSubnet=STRING, serverlessComputeNoPublicIP=BOOLEAN),
        "serviceManagedResourcesSettings": obj(cosmosDb=obj(collectionsThroughput=INTEGER)),
        "sharedPrivateLinkResources": array(
            obj(
                name=STRING,
                groupId=wire("properties.groupId", STRING),
                privateLinkResourceId=wire("properties.privateLinkResourceId", STRING),
                requestMessage=wire("properties.requestMessage", STRING),
                status=wire("properties.status", STRING),
            )
        ),
        "storageAccount": STRING,
        "systemDatastoresAuthMode": STRING,
        "v1LegacyMode": BOOLEAN,
        "workspaceHubConfig": obj(
            additionalWorkspaceStorageAccounts=array(STRING), defaultWorkspaceResourceGroup=STRING
        ),
        "mlFlowTrackingUri": read_only(STRING),
        "notebookInfo": read_only(
            obj(
                fqdn=STRING,
                isPrivateLinkEnabled=BOOLEAN,
                notebookPreparationError=obj(errorMessage=STRING, statusCode=INTEGER),
                resourceId=STRING,
            )
        ),
        "privateEndpointConnections": read_only(
            array(
                obj(
                    id=STRING,
                    name=STRING,
                    type=STRING,
                    systemData=_SYSTEM_DATA,
                    identity=_IDENTITY,
                    location=STRING,
                    sku=_SKU,
                    tags=_TAGS,
                    provisioningState=wire("properties.provisioningState", STRING),
                    privateEndpoint=wire("properties.privateEndpoint", obj(id=STRING, subnetArmId=STRING)),
                    privateLinkServiceConnectionState=wire("properties.privateLinkServiceConnectionState", _LINK_STATE),
                )
            )
        ),
        "privateLinkCount": read_only(INTEGER),
        "provisioningState": read_only(STRING),
        "serviceProvisionedResourceGroup": read_only(STRING),
        "storageHnsEnabled": read_only(BOOLEAN),
        "tenantId": read_only(STRING),
        "workspaceId": read_only(STRING),
    },
    long_running_put=True,
    long_running_delete=True,
)


MARKETPLACE_SUBSCRIPTION = ResourceType(
    pulumi_type="azure-native:machinelearningservices:MarketplaceSubscription",
    path=_IN_RESOURCE_GROUP
    + "Microsoft.MachineLearningServices/workspaces/{workspaceName}/marketplaceSubscriptions/{name}",
    api_version="2025-12-01",
    auto_name=AutoName.COPY,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME, "workspaceName": _ML_WORKSPACE_NAME},
    body={
        "properties": required(
            obj(
                modelId=required(STRING),
                marketplacePlan=read_only(obj(offerId=STRING, planId=STRING, publisherId=STRING)),
                marketplaceSubscriptionStatus=read_only(STRING),
                provisioningState=read_only(STRING),
            )
        ),
        "systemData": _SYSTEM_DATA,
    },
    long_running_put=True,
    long_running_delete=True,
)


SERVERLESS_ENDPOINT = ResourceType(
    pulumi_type="azure-native:machinelearningservices:ServerlessEndpoint",
    path=_IN_RESOURCE_GROUP + "Microsoft.MachineLearningServices/workspaces/{workspaceName}/serverlessEndpoints/{name}",
    api_version="2025-12-01",
    auto_name=AutoName.COPY,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME, "workspaceName": _ML_WORKSPACE_NAME},
    body={
        "identity": _IDENTITY,
        "kind": STRING,
        "location": required(_LOCATION),
        "sku": _SKU,
        "tags": _TAGS,
        "properties": required(
            obj(
                authMode=required(STRING),
                contentSafety=obj(contentSafetyStatus=required(STRING)),
                modelSettings=obj(modelId=STRING),
                endpointState=read_only(STRING),
                inferenceEndpoint=read_only(obj(headers=mapping(STRING), uri=STRING)),
                marketplaceSubscriptionId=read_only(STRING),
                provisioningState=read_only(STRING),
            )
        ),
        "systemData": _SYSTEM_DATA,
    },
    long_running_put=True,
    long_running_delete=True,
)


ONLINE_ENDPOINT = ResourceType(
    pulumi_type="azure-native:machinelearningservices:OnlineEndpoint",
    path=_IN_RESOURCE_GROUP
    + "Microsoft.MachineLearningServices/workspaces/{workspaceName}/onlineEndpoints/{endpointName}",
    api_version="2025-12-01",
    auto_name=AutoName.COPY,
    parameters={
        "resourceGroupName": _RESOURCE_GROUP_NAME,
        "workspaceName": _ML_WORKSPACE_NAME,
        "endpointName": _ML_ONLINE_NAME,
    },
    body={
        "identity": _IDENTITY,
        "kind": STRING,
        "location": required(_LOCATION),
        "sku": _SKU,
        "tags": _TAGS,
        "properties": required(
            obj(
                authMode=required(STRING),
                compute=STRING,
                description=STRING,
                keys=write_only(obj(primaryKey=STRING, secondaryKey=STRING)),
                mirrorTraffic=mapping(INTEGER),
                properties=mapping(STRING),
                publicNetworkAccess=default("Enabled", STRING),
                traffic=mapping(INTEGER),
                provisioningState=read_only(STRING),
                scoringUri=read_only(STRING),
                swaggerUri=read_only(STRING),
            )
        ),
        "systemData": _SYSTEM_DATA,
    },
    long_running_put=True,
    long_running_delete=True,
)

_PROBE = obj(
    failureThreshold=default(30, INTEGER),
    initialDelay=STRING,
    period=default("PT10S", STRING),
    successThreshold=default(1, INTEGER),
    timeout=default("PT2S", STRING),
)
_CONTAINER_RESOURCES = obj(cpu=STRING, gpu=STRING, memory=STRING)

ONLINE_DEPLOYMENT = ResourceType(
    pulumi_type="azure-native:machinelearningservices:OnlineDeployment",
    path=f"{ONLINE_ENDPOINT.path}/deployments/{{deploymentName}}",
    api_version="2025-12-01",
    auto_name=AutoName.COPY,
    parameters={**ONLINE_ENDPOINT.parameters, "deploymentName": _ML_ONLINE_NAME},
    body={
        "identity": _IDENTITY,
        "kind": STRING,
        "location": required(_LOCATION),
        "sku": _SKU,
        "tags": _TAGS,
        # One of two forms by its endpointComputeType; a Kubernetes deployment has all members of a Managed one.
        "properties": required(
            obj(
                endpointComputeType=required(STRING),
                appInsightsEnabled=default(False, BOOLEAN),
                codeConfiguration=obj(scoringScript=required(STRING), codeId=STRING),
                containerResourceRequirements=obj(
                    containerResourceLimits=_CONTAINER_RESOURCES, containerResourceRequests=_CONTAINER_RESOURCES
                ),
                dataCollector=obj(
                    collections=required(
                        mapping(
                            obj(
                                clientId=STRING,
                                dataCollectionMode=default("Disabled", STRING),
                                dataId=STRING,
                                samplingRate=default(1, NUMBER),
                            )
                        )
                    ),
                    requestLogging=obj(captureHeaders=array(STRING)),
                    rollingRate=default("Hour", STRING),
                ),
                description=STRING,
                egressPublicNetworkAccess=default("Enabled", STRING),
                environmentId=STRING,
                environmentVariables=mapping(STRING),
                instanceType=default("Standard_F4s_v2", STRING),
                livenessProbe=_PROBE,
                model=STRING,
                modelMountPath=STRING,
                properties=mapping(STRING),
                readinessProbe=_PROBE,
                requestSettings=obj(
                    maxConcurrentRequestsPerInstance=default(1, INTEGER),
                    maxQueueWait=default("PT0.5S", STRING),
                    requestTimeout=default("PT5S", STRING),
                ),
                scaleSettings=obj(
                    scaleType=required(STRING),
                    maxInstances=default(1, INTEGER),
                    minInstances=default(1, INTEGER),
                    pollingInterval=default("PT1S", STRING),
                    targetUtilizationPercentage=default(70, INTEGER),
                ),
                startupProbe=_PROBE,
                provisioningState=read_only(STRING),
            )
        ),
        "systemData": _SYSTEM_DATA,
    },
    long_running_put=True,
    long_running_delete=True,
)


_ALIAS_METADATA = obj(attributes=STRING, type=STRING)
_DEPLOYMENT_ERROR = obj(
    additionalInfo=array(obj(info=ANY, type=STRING)),
    code=STRING,
    details=array(ANY),
    message=STRING,
    target=STRING,
)
_ERROR_DEPLOYMENT = obj(deploymentName=STRING, type=STRING, provisioningState=read_only(STRING))
_RESOURCE_REFERENCES = read_only(array(obj(id=STRING)))
_DEPENDENCY = obj(id=STRING, resourceName=STRING, resourceType=STRING)

DEPLOYMENT = ResourceType(
    pulumi_type="azure-native:resources:Deployment",
    path="/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
    "/providers/Microsoft.Resources/deployments/{deploymentName}",
    api_version="2024-03-01",
    auto_name=AutoName.RANDOM,
    parameters={
        "resourceGroupName": text(min_length=1, max_length=90, pattern=r"^[-\w\._\(\)]+$"),
        "deploymentName": text(min_length=1, max_length=64, pattern=r"^[-\w\._\(\)]+$"),
    },
    body={
        "location": STRING,
        "tags": _TAGS,
        "properties": required(
            obj(
                mode=required(STRING),
                debugSetting=obj(detailLevel=STRING),
                expressionEvaluationOptions=write_only(obj(scope=STRING)),
                onErrorDeployment=_ERROR_DEPLOYMENT,
                parameters=mapping(
                    obj(
                        expression=STRING,
                        reference=obj(
                            keyVault=required(obj(id=required(STRING))),
                            secretName=required(STRING),
                            secretVersion=STRING,
                        ),
                        type=STRING,
                        value=ANY,
                    )
                ),
                parametersLink=obj(uri=required(STRING), contentVersion=STRING),
                template=write_only(ANY),
                templateLink=obj(contentVersion=STRING, id=STRING, queryString=STRING, relativePath=STRING, uri=STRING),
                correlationId=read_only(STRING),
                dependencies=read_only(array(obj(**_DEPENDENCY.properties, dependsOn=array(_DEPENDENCY)))),
                duration=read_only(STRING),
                error=read_only(_DEPLOYMENT_ERROR),
                outputResources=_RESOURCE_REFERENCES,
                outputs=read_only(ANY),
                providers=read_only(
                    array(
                        obj(
                            id=STRING,
                            namespace=STRING,
                            providerAuthorizationConsentState=STRING,
                            registrationPolicy=STRING,
                            registrationState=STRING,
                            resourceTypes=array(
                                obj(
                                    aliases=array(
                                        obj(
                                            defaultMetadata=_ALIAS_METADATA,
                                            defaultPath=STRING,
                                            defaultPattern=obj(phrase=STRING, type=STRING, variable=STRING),
                                            name=STRING,
                                            paths=array(
                                                obj(
                                                    apiVersions=array(STRING),
                                                    metadata=_ALIAS_METADATA,
                                                    path=STRING,
                                                    pattern=obj(phrase=STRING, type=STRING, variable=STRING),
                                                )
                                            ),
                                            type=STRING,
                                        )
                                    ),
                                    apiProfiles=array(obj(apiVersion=STRING, profileVersion=STRING)),
                                    apiVersions=array(STRING),
                                    capabilities=STRING,
                                    defaultApiVersion=STRING,
                                    locationMappings=array(
                                        obj(extendedLocations=array(STRING), location=STRING, type=STRING)
                                    ),
                                    locations=array(STRING),
                                    properties=mapping(STRING),
                                    resourceType=STRING,
                                    zoneMappings=array(obj(location=STRING, zones=array(STRING))),
                                )
                            ),
                        )
                    )
                ),
                provisioningState=read_only(STRING),
                templateHash=read_only(STRING),
                timestamp=read_only(STRING),
                validatedResources=_RESOURCE_REFERENCES,
            )
        ),
    },
    long_running_put=True,
    long_running_delete=True,
    auto_location=False,
)


_AUTOSCALE_SETTING: Mapping[str, Property] = {
    "enabled": default(False, BOOLEAN),
    "name": STRING,
    "notifications": array(
        obj(
            operation=required(STRING),
            email=obj(
                customEmails=array(STRING),
                sendToSubscriptionAdministrator=default(False, BOOLEAN),
                sendToSubscriptionCoAdministrators=default(False, BOOLEAN),
            ),
            webhooks=array(obj(properties=mapping(STRING), serviceUri=STRING)),
        )
    ),
    "predictiveAutoscalePolicy": obj(scaleMode=required(STRING), scaleLookAheadTime=STRING),
    "profiles": required(
        array(
            obj(
                capacity=required(obj(default=required(STRING), maximum=required(STRING), minimum=required(STRING))),
                name=required(STRING),
                rules=required(
                    array(
                        obj(
                            metricTrigger=required(
                                obj(
                                    metricName=required(STRING),
                                    metricResourceUri=required(STRING),
                                    operator=required(STRING),
                                    statistic=required(STRING),
                                    threshold=required(NUMBER),
                                    timeAggregation=required(STRING),
                                    timeGrain=required(STRING),
                                    timeWindow=required(STRING),
                                    dimensions=array(
                                        obj(
                                            dimensionName=wire("DimensionName", required(STRING)),
                                            operator=wire("Operator", required(STRING)),
                                            values=wire("Values", required(array(STRING))),
                                        )
                                    ),
                                    dividePerInstance=BOOLEAN,
                                    metricNamespace=STRING,
                                    metricResourceLocation=STRING,
                                )
                            ),
                            scaleAction=required(
                                obj(
                                    cooldown=required(STRING),
                                    direction=required(STRING),
                                    type=required(STRING),
                                    value=default("1", STRING),
                                )
                            ),
                        )
                    )
                ),
                fixedDate=obj(end=required(STRING), start=required(STRING), timeZone=STRING),
                recurrence=obj(
                    frequency=required(STRING),
                    schedule=required(
                        obj(
                            days=required(array(STRING)),
                            hours=required(array(INTEGER)),
                            minutes=required(array(INTEGER)),
                            timeZone=required(STRING),
                        )
                    ),
                ),
            )
        )
    ),
    "targetResourceLocation": STRING,
    "targetResourceUri": STRING,
}

AUTOSCALE_SETTING = ResourceType(
    pulumi_type="azure-native:monitor:AutoscaleSetting",
    path="/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
    "/providers/Microsoft.Insights/autoscalesettings/{autoscaleSettingName}",
    api_version="2021-05-01-preview",
    auto_name=AutoName.RANDOM,
    parameters={"resourceGroupName": _RESOURCE_GROUP_NAME},
    body={
        "location": required(_LOCATION),
        "tags": _TAGS,
        # The SDK shows the properties under `properties` in outputs, because one of them is called name too, and at the
        # top level in inputs. So the official plugin does not see drift in them; `name` is its only difference from
        # ours, where it is properties.name in both directions.
        "properties": read_only(obj(**_AUTOSCALE_SETTING)),
        "systemData": _SYSTEM_DATA,
    },
    flattened={name: prop if name == "name" else write_only(prop) for name, prop in _AUTOSCALE_SETTING.items()},
)


ROLE_ASSIGNMENT = ResourceType(
    pulumi_type="azure-native:authorization:RoleAssignment",
    path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    api_version="2022-04-01",
    auto_name=AutoName.UUID,
    body={"systemData": _SYSTEM_DATA},
    flattened={
        "principalId": create_only(required(STRING)),
        "roleDefinitionId": required(STRING),
        "condition": STRING,
        "conditionVersion": STRING,
        "delegatedManagedIdentityResourceId": STRING,
        "description": STRING,
        "principalType": default("User", STRING),
        "createdBy": read_only(STRING),
        "createdOn": read_only(STRING),
        "scope": read_only(STRING),
        "updatedBy": read_only(STRING),
        "updatedOn": read_only(STRING),
    },
)


ROLE_DEFINITION = ResourceType(
    pulumi_type="azure-native:authorization:RoleDefinition",
    path="/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
    api_version="2022-05-01-preview",
    auto_name=AutoName.UUID,
    body={"systemData": _SYSTEM_DATA},
    flattened={
        "assignableScopes": array(STRING),
        "description": STRING,
        "permissions": array(
            obj(
                actions=array(STRING),
                dataActions=array(STRING),
                notActions=array(STRING),
                notDataActions=array(STRING),
                condition=read_only(STRING),
                conditionVersion=read_only(STRING),
            )
        ),
        "roleName": STRING,
        "roleType": wire("type", STRING),
        "createdBy": read_only(STRING),
        "createdOn": read_only(STRING),
        "updatedBy": read_only(STRING),
        "updatedOn": read_only(STRING),
    },
)


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    entry.pulumi_type: entry
    for entry in (
        RESOURCE_GROUP,
        STORAGE_ACCOUNT,
        VAULT,
        LOG_ANALYTICS_WORKSPACE,
        APPLICATION_INSIGHTS_COMPONENT,
        ML_WORKSPACE,
        MARKETPLACE_SUBSCRIPTION,
        SERVERLESS_ENDPOINT,
        ONLINE_ENDPOINT,
        ONLINE_DEPLOYMENT,
        DEPLOYMENT,
        AUTOSCALE_SETTING,
        ROLE_ASSIGNMENT,
        ROLE_DEFINITION,
    )
}

_VERSIONED_TOKEN = re.compile(r"^(azure-native:\w+)/v(\d{4})(\d{2})(\d{2})(preview)?(:\w+)$")


def split_token(token: str) -> tuple[str, str | None]:
    """The default token and the API version of a token such as `azure-native:storage/v20240101:StorageAccount`."""
    match = _VERSIONED_TOKEN.match(token)
    if match is None:
        return token, None
    module, year, month, day, preview, name = match.groups()
    return f"{module}{name}", f"{year}-{month}-{day}" + (f"-{preview}" if preview else "")


def find_resource_type(token: str) -> ResourceType | None:
    """The entry of a token; a versioned token is the same type at that API version."""
    plain, api_version = split_token(token)
    entry = RESOURCE_TYPES.get(plain)
    if entry is None or api_version is None:
        return entry
    return replace(entry, pulumi_type=token, api_version=api_version)
