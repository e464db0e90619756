output "urls" {
  description = "Where the page is, with no slash at the end: under each name of one's own, or CloudFront's. The first is the one to give out."
  value       = [for name in length(var.aliases) > 0 ? var.aliases : [aws_cloudfront_distribution.page.domain_name] : "https://${name}"]
}

output "domain_name" {
  description = "CloudFront's own name, where aliases point by DNS."
  value       = aws_cloudfront_distribution.page.domain_name
}

output "distribution_arn" {
  description = "The distribution's ARN, for a key's policy."
  value       = aws_cloudfront_distribution.page.arn
}
