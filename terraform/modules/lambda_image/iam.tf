locals {
  own_statements = concat(
    [{
      sid        = "WriteOwnLogs"
      actions    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources  = ["${aws_cloudwatch_log_group.function.arn}:*"]
      conditions = []
    }],
    # X-Ray has no resources to name.
    var.tracing ? [{
      sid        = "SendTraces"
      actions    = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources  = ["*"]
      conditions = []
    }] : [],
  )
}

resource "aws_iam_role" "function" {
  name                 = var.name
  description          = "What the function ${var.name} may do"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# Inline, because it belongs to this one role and goes with it. jsonencode instead of a policy document data source: the
# plan shows it, and tests read it.
resource "aws_iam_role_policy" "function" {
  name = "function"
  role = aws_iam_role.function.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in concat(local.own_statements, var.statements) : merge(
        {
          Sid      = statement.sid
          Effect   = "Allow"
          Action   = statement.actions
          Resource = statement.resources
        },
        length(statement.conditions) == 0 ? {} : {
          Condition = {
            for operator in distinct(statement.conditions[*].test) : operator => {
              for condition in statement.conditions : condition.variable => condition.values if condition.test == operator
            }
          }
        },
      )
    ]
  })
}
