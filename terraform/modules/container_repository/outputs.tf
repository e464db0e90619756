output "name" {
  description = "The repository's name."
  value       = aws_ecr_repository.this.name
}

output "arn" {
  description = "The repository's ARN."
  value       = aws_ecr_repository.this.arn
}

output "url" {
  description = "Where to push to; with @sha256:… appended, what a function's image_uri takes."
  value       = aws_ecr_repository.this.repository_url
}
