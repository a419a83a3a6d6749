"""The management API (Azure Resource Manager), one module for each resource provider."""
