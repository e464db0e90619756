"""Runs the deployed functions as processes: `python -m local.lambda_host`.

The emulator forwards each invocation to this host over HTTP. The host keeps execution environments (child processes)
for each function: made from the function's deployed configuration and its role's credentials, so that Terraform stays
the only place where either is decided.
"""
