output "name" {
  description = "The table's name."
  value       = aws_dynamodb_table.articles.name
}

output "arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.articles.arn
}

output "index_arns" {
  description = "ARN by index name, for policies that name single indexes."
  value       = { for index in var.key_schema.indexes : index.name => "${aws_dynamodb_table.articles.arn}/index/${index.name}" }
}
