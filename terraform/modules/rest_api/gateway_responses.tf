# What the gateway itself answers when a request doesn't reach the function: RFC 9457 problems, like the function's own,
# with CORS headers, without which a browser shows its page nothing but "network error" (serverless-application-model#1178).
#
# Every type is spelt out, since only then the body can say its status: templates have no variable for it. The texts are
# fixed; $context.error.validationErrorString isn't escaped, and a quote in it would break the body.
locals {
  problems = {
    ACCESS_DENIED                  = { status = 401, title = "Unauthorized", detail = "The token is not valid: sign in again, or send none to read what is published." }
    API_CONFIGURATION_ERROR        = { status = 500, title = "Internal Server Error", detail = "The service is misconfigured." }
    AUTHORIZER_CONFIGURATION_ERROR = { status = 500, title = "Internal Server Error", detail = "The service is misconfigured." }
    AUTHORIZER_FAILURE             = { status = 500, title = "Internal Server Error", detail = "The token could not be checked; try again." }
    BAD_REQUEST_BODY               = { status = 400, title = "Bad Request", detail = "The body must be a JSON object." }
    BAD_REQUEST_PARAMETERS         = { status = 400, title = "Bad Request", detail = "A required parameter is missing." }
    DEFAULT_4XX                    = { status = 400, title = "Bad Request", detail = "The request can't be served as it is." }
    DEFAULT_5XX                    = { status = 500, title = "Internal Server Error", detail = "Something broke; try again." }
    EXPIRED_TOKEN                  = { status = 401, title = "Unauthorized", detail = "The token has expired: sign in again." }
    INTEGRATION_FAILURE            = { status = 502, title = "Bad Gateway", detail = "The service did not answer properly; try again." }
    INTEGRATION_TIMEOUT            = { status = 504, title = "Gateway Timeout", detail = "The service did not answer in time; try again." }
    INVALID_API_KEY                = { status = 403, title = "Forbidden", detail = "This needs a valid API key in the X-API-Key header." }
    INVALID_SIGNATURE              = { status = 401, title = "Unauthorized", detail = "The Authorization header holds no token of this service." }
    MISSING_AUTHENTICATION_TOKEN   = { status = 404, title = "Not Found", detail = "There is no such path, or it does not take this method." } # that is when API Gateway says this
    QUOTA_EXCEEDED                 = { status = 429, title = "Too Many Requests", detail = "The quota is used up." }
    REQUEST_TOO_LARGE              = { status = 413, title = "Content Too Large", detail = "The request is larger than 10 MB; images are posted to the upload URL instead." }
    RESOURCE_NOT_FOUND             = { status = 404, title = "Not Found", detail = "There is no such path." }
    THROTTLED                      = { status = 429, title = "Too Many Requests", detail = "Too many requests; wait a second and try again." }
    UNAUTHORIZED                   = { status = 401, title = "Unauthorized", detail = "This needs a valid token in the Authorization header: sign in first." }
    UNSUPPORTED_MEDIA_TYPE         = { status = 415, title = "Unsupported Media Type", detail = "The body must be application/json." }
    WAF_FILTERED                   = { status = 403, title = "Forbidden", detail = "The request was filtered." }
  }

  # A problem with the body points at the whole of it, as the function points at fields.
  problem_errors = {
    BAD_REQUEST_BODY = { errors = [{ pointer = "", detail = "not a JSON object" }] }
  }

  gateway_responses = {
    for type, problem in local.problems : type => {
      status = tostring(problem.status)
      # The type is made of the title, as services/api does it: one kind of problem has one name, whoever finds it.
      body = jsonencode(merge(
        { type = "urn:gazette:problem:${lower(replace(problem.title, " ", "-"))}" },
        problem,
        lookup(local.problem_errors, type, {}),
      ))
      # As API Gateway takes them: a text in quotes, or what stands in the request's context.
      parameters = merge(
        {
          for header, value in merge(
            local.cors_headers,
            { "Content-Type" = "application/problem+json" },
            problem.status == 401 ? { "WWW-Authenticate" = "Bearer" } : {},
            problem.status == 429 ? { "Retry-After" = type == "QUOTA_EXCEEDED" ? "3600" : "1" } : {}, # a quota is a day's at least
          ) : "gatewayresponse.header.${header}" => "'${value}'"
        },
        { "gatewayresponse.header.X-Correlation-Id" = "context.requestId" }, # as on the function's answers
      )
    }
  }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.gateway_responses

  rest_api_id         = aws_api_gateway_rest_api.this.id
  response_type       = each.key
  status_code         = each.value.status
  response_templates  = { "application/json" = each.value.body }
  response_parameters = each.value.parameters
}
