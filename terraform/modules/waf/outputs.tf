output "web_acl_arn" {
  description = "The web ACL's ARN."
  value       = aws_wafv2_web_acl.this.arn
}

output "web_acl_name" {
  description = "The web ACL's name, as metrics call it."
  value       = aws_wafv2_web_acl.this.name
}
