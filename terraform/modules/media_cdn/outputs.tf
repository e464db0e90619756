output "url" {
  description = "Where renditions are, with no slash at the end."
  value       = "https://${try(var.aliases[0], aws_cloudfront_distribution.this.domain_name)}"
}

output "distribution_arn" {
  description = "The distribution's ARN, for the bucket's policy."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "CloudFront's own name, where aliases point by DNS."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "key_pair_id" {
  description = "What CloudFront calls the key that the API signs with."
  value       = aws_cloudfront_public_key.this[var.signing_key].id
}
