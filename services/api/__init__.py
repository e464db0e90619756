"""The HTTP API: Flask behind API Gateway. HTTP status codes are known here and nowhere else."""
