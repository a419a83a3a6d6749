"""A local Azure: management API, identity, inference, and a control API of its own."""
