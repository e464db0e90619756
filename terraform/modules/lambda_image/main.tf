resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_158:log_kms_key_arn names a customer key; without one, CloudWatch encrypts with its own
  # checkov:skip=CKV_AWS_338:how long is the environment's to say: a year in prod, less where nobody looks back

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:for asynchronous calls: the worker's queue has its own, the sweeper's next run makes good a lost one
  # checkov:skip=CKV_AWS_117:it talks to AWS's APIs alone: a network of ours would add a NAT gateway and protect nothing
  # checkov:skip=CKV_AWS_173:Lambda encrypts them with its own key; the one secret among them signs cursors and opens nothing
  # checkov:skip=CKV_AWS_272:Lambda checks signatures of archives, not of images: these are pinned by digest

  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.function.arn
  package_type                   = "Image"
  image_uri                      = var.image_uri
  architectures                  = [var.architecture]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true # each change is a version, which live can be moved to and back from

  # Written out in full: some clouds answer the two that are not set as empty ones, and then every plan wants to change
  # them. Empty means the image's own.
  image_config {
    command           = var.command
    entry_point       = []
    working_directory = ""
  }

  dynamic "environment" {
    for_each = length(var.environment_variables) > 0 ? ["variables"] : []

    content {
      variables = var.environment_variables
    }
  }

  # Names the group that Terraform made: a function that finds none makes one that never expires.
  logging_config {
    log_format = "Text" # the services write one JSON object a line themselves; Lambda's JSON format would wrap it
    log_group  = aws_cloudwatch_log_group.function.name
  }

  # What SnapStart excludes (provisioned concurrency, EFS, more than 512 MB of /tmp) this module does not offer at all.
  dynamic "snap_start" {
    for_each = var.snap_start ? ["PublishedVersions"] : []

    content {
      apply_on = snap_start.value
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # Without its policy a first invocation, or an event source mapping that Lambda checks when it is made, would fail.
  depends_on = [aws_iam_role_policy.function]
}
