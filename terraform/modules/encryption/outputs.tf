output "key_arn" {
  description = "The key's ARN."
  value       = aws_kms_key.data.arn
}

output "policy" {
  description = "The key's policy, JSON: for reviews, tests, and keys that are made elsewhere."
  value       = aws_kms_key.data.policy
}
