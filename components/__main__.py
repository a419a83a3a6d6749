"""The plugin: hosts the components for Pulumi programs in any language. The engine runs this folder."""

import sys

from azure_mistral.package import Provider
from pulumi.provider import main

if __name__ == "__main__":
    main(Provider(), sys.argv[1:])
