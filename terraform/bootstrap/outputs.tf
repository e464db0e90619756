output "state_bucket" {
  description = "For the other roots: terraform init -backend-config=bucket=…"
  value       = aws_s3_bucket.state.id
}
