"""The data plane: the inference API of each deployed serverless endpoint. Nothing of the management API.

`routes.inference_routes` is the only entrance; it is told how to find a deployment and whether a token is valid.
"""
