output "id" {
  description = "The REST API's id."
  value       = aws_api_gateway_rest_api.this.id
}

output "name" {
  description = "The REST API's name, as metrics call it."
  value       = aws_api_gateway_rest_api.this.name
}

output "stage" {
  description = "The stage's name."
  value       = aws_api_gateway_stage.this.stage_name
}

output "stage_arn" {
  description = "The stage's ARN, for a web ACL."
  value       = aws_api_gateway_stage.this.arn
}

output "api_keys" {
  description = "The API keys' values, by name."
  value       = { for name, key in aws_api_gateway_api_key.this : name => key.value }
  sensitive   = true
}

output "url" {
  description = "Where the API is, with no slash at the end."
  value       = aws_api_gateway_stage.this.invoke_url
}
