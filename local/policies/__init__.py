"""The policies that are applied on the running local stack, and the matrix of them in docs/security.md."""
