mock_provider "aws" {}

variables {
  name = "gazette-test-articles"

  key_schema = {
    hash_key      = "PK"
    range_key     = "SK"
    ttl_attribute = "expires_at"
    attributes    = { PK = "S", SK = "S", FeedPK = "S", Sort = "S" }
    indexes = [
      { name = "feed", hash_key = "FeedPK", range_key = "Sort", projection = "INCLUDE", non_key_attributes = ["title"] },
      { name = "due", hash_key = "FeedPK", range_key = "Sort", projection = "KEYS_ONLY" },
    ]
  }
}

run "data_can_be_recovered_and_is_encrypted" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.articles.point_in_time_recovery[0].enabled
    error_message = "Point-in-time recovery must be on."
  }

  assert {
    condition     = aws_dynamodb_table.articles.server_side_encryption[0].enabled
    error_message = "The table must be encrypted with a KMS key."
  }

  assert {
    condition     = aws_dynamodb_table.articles.deletion_protection_enabled
    error_message = "Deletion protection must be on unless someone turns it off."
  }

  assert {
    condition     = aws_dynamodb_table.articles.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be on demand."
  }
}

run "the_table_follows_the_key_schema_of_the_services" {
  command = plan

  variables {
    key_schema = jsondecode(file("../../../services/articles/table.json"))
  }

  assert {
    condition     = toset([for index in aws_dynamodb_table.articles.global_secondary_index : index.name]) == toset(["feed", "author", "due", "content"])
    error_message = "Every index of table.json must be made."
  }

  assert {
    condition     = aws_dynamodb_table.articles.ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.articles.ttl[0].enabled
    error_message = "Items must expire by the attribute that table.json names."
  }
}

run "only_include_projections_carry_attributes" {
  command = plan

  assert {
    condition = alltrue([
      for index in aws_dynamodb_table.articles.global_secondary_index :
      (index.projection_type == "INCLUDE") == (length(coalesce(index.non_key_attributes, [])) > 0)
    ])
    error_message = "DynamoDB refuses non-key attributes on other projections."
  }
}

run "a_key_without_a_type_is_refused" {
  command = plan

  variables {
    key_schema = {
      hash_key = "PK", range_key = "SK", ttl_attribute = "expires_at", attributes = { PK = "S" }, indexes = []
    }
  }

  expect_failures = [var.key_schema]
}

run "a_type_without_a_key_is_refused" {
  command = plan

  variables {
    key_schema = {
      hash_key = "PK", range_key = "SK", ttl_attribute = "expires_at", attributes = { PK = "S", SK = "S", Title = "S" }, indexes = []
    }
  }

  expect_failures = [var.key_schema]
}
