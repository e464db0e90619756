# What the OpenAPI document says, in the shape that the resources need. Nothing else reads the document.
locals {
  # Every GET is a HEAD as well: the document need not say it twice.
  methods = { get = ["GET", "HEAD"], post = ["POST"], put = ["PUT"], patch = ["PATCH"], delete = ["DELETE"] }

  # "/articles/{article_id}" at depth 2, and so on: every path with all paths above it.
  paths_at_depth = {
    for depth in range(1, 5) : depth => toset([
      for path in keys(var.openapi.paths) : join("/", slice(split("/", path), 0, depth + 1))
      if length(split("/", path)) > depth
    ])
  }

  # One a method, by "GET /articles". A token is required, optional or not looked at; see the variable.
  operations = merge([
    for path, item in var.openapi.paths : merge([
      for verb, methods in local.methods : {
        for method in methods : "${method} ${path}" => {
          path   = path
          method = method
          mock   = try(item[verb]["x-gazette-integration"], "") == "mock"
          token = (
            length(try(item[verb].security, var.openapi.security, [])) == 0 ? "none" :
            anytrue([for requirement in try(item[verb].security, var.openapi.security, []) : length(keys(requirement)) == 0]) ? "optional" :
            "required"
          )
          parameters = {
            for name in flatten(regexall("\\{([^}]+)\\}", path)) : "method.request.path.${name}" => true
          }
          models = {
            for media_type, media in try(item[verb].requestBody.content, {}) : media_type => basename(media.schema["$ref"])
          }
        } if contains(keys(item), verb)
      }
    ]...)
  ]...)

  function_operations = { for key, operation in local.operations : key => operation if !operation.mock }
  mock_operations     = { for key, operation in local.operations : key => operation if operation.mock }

  # Structural only: a body that is no JSON, or not the right kind of JSON, never reaches the function. Which field is
  # wrong, and why, the function says: a gateway response can't point at fields.
  models = {
    for name in toset(flatten([for operation in values(local.operations) : values(operation.models)])) : name => jsonencode({
      "$schema" = "http://json-schema.org/draft-04/schema#"
      title     = name
      type      = var.openapi.components.schemas[name].type
    })
  }
}
