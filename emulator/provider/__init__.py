"""The azure-native stand-in: a Pulumi resource plugin that turns resources into Azure Resource Manager requests.

For places where the official azure-native plugin cannot be downloaded. It asks Azure (any cloud that serves a metadata
document) over HTTPS and keeps no state of its own; it knows nothing of the emulator and imports no other part of it.
"""
