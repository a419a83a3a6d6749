"""A model that the catalogue does not have is deployed by its asset id, and answers."""

from tests.support.azure import Azure
from tests.support.project import Project


def test_model_that_the_catalogue_does_not_have_is_deployed_and_answers(repository: Project, azure: Azure) -> None:
    asset_id = "azureml://registries/azureml-mistral/models/Mistral-Unlisted"
    asset = f"{{id: '{asset_id}', terms: 'https://example.com/terms', pricing: 'https://example.com/pricing'}}"
    repository.up_with(
        "azure-native:location: eastus2",
        "azure-mistral:acceptMarketplaceTerms: [unlisted]",
        f"azure-mistral:models: {{unlisted: {{asset: {asset}}}}}",
    )
    answered = repository.command("chat", "Hello", "--model", "unlisted")

    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.strip()
    resources = repository.resources()
    subscription = resources["mistral-unlisted-eus2-subscription"]
    assert subscription["outputs"]["properties"]["modelId"] == asset_id
    assert subscription["id"].endswith("/marketplaceSubscriptions/unlisted")
    assert [path for _, path in azure.requests("PUT") if path.endswith("/marketplaceSubscriptions/unlisted")] != []
    assert repository.up().changes == {}
