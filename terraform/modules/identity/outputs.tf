locals {
  own_endpoint = "https://cognito-idp.${data.aws_region.current.name}.amazonaws.com"
}

output "user_pool_id" {
  description = "The user pool's id."
  value       = aws_cognito_user_pool.readers_and_authors.id
}

output "user_pool_arn" {
  description = "The user pool's ARN, for an API Gateway authorizer."
  value       = aws_cognito_user_pool.readers_and_authors.arn
}

output "user_pool_client_id" {
  description = "The app client's id; the audience of its ID tokens."
  value       = aws_cognito_user_pool_client.app.id
}

output "issuer" {
  description = "The `iss` of the pool's tokens. It names the region's own host, wherever the keys are served."
  value       = "${local.own_endpoint}/${aws_cognito_user_pool.readers_and_authors.id}"
}

output "jwks_url" {
  description = "Where the pool's public keys are."
  value       = "${coalesce(var.cognito_endpoint, local.own_endpoint)}/${aws_cognito_user_pool.readers_and_authors.id}/.well-known/jwks.json"
}

output "editors_group" {
  description = "The group whose members may change every article."
  value       = aws_cognito_user_group.editors.name
}

output "sign_in_url" {
  description = "Where a page sends people to sign in, with no slash at the end; null where there is no page."
  value = one([
    for domain in aws_cognito_user_pool_domain.sign_in :
    coalesce(var.cognito_endpoint, "https://${domain.domain}.auth.${data.aws_region.current.name}.amazoncognito.com")
  ])
}
