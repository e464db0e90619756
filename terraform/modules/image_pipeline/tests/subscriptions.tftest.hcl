mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

override_resource {
  target          = aws_sqs_queue.undelivered
  override_during = plan
  values = {
    id  = "https://sqs.eu-west-1.amazonaws.com/111122223333/gazette-test-image-events-undelivered"
    arn = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-events-undelivered"
  }
}

override_resource {
  target          = aws_sns_topic.image_events
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events" }
}

variables {
  name                   = "gazette-test"
  worker_timeout_seconds = 60
}

run "nobody_is_subscribed_by_default" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.emails) + length(aws_sns_topic_subscription.webhook) == 0
    error_message = "Somebody would be told who was not asked for."
  }

  assert {
    condition     = length(aws_sqs_queue.undelivered) + length(aws_sqs_queue_policy.undelivered) == 0 && output.undelivered_image_events_queue_url == null
    error_message = "A queue that nothing can ever come to."
  }
}

run "messages_are_signed_with_sha_256" {
  command = plan

  assert {
    condition     = aws_sns_topic.image_events.signature_version == 2 && aws_sns_topic.image_events.kms_master_key_id == "alias/aws/sns"
    error_message = "Signature version 1 is SHA-1; and the topic stays encrypted."
  }
}

run "each_address_gets_the_types_it_asked_for" {
  command = plan

  variables {
    image_event_emails = {
      "desk@example.org"             = {}
      "moderators+night@example.org" = { types = ["image.rejected"] }
    }
  }

  assert {
    condition = {
      for key, subscription in aws_sns_topic_subscription.emails :
      key => [subscription.topic_arn, subscription.protocol, subscription.endpoint, jsondecode(subscription.filter_policy)]
      } == {
      "desk@example.org" = [
        "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events", "email", "desk@example.org",
        { type = ["image.failed", "image.ready", "image.rejected"] },
      ]
      "moderators+night@example.org" = [
        "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events", "email", "moderators+night@example.org",
        { type = ["image.rejected"] },
      ]
    }
    error_message = "An address, or what it gets, is another."
  }

  assert {
    condition     = length(aws_sqs_queue.undelivered) == 0
    error_message = "Mails have no dead letters of ours."
  }
}

run "a_webhook_gets_every_type_in_an_envelope_that_is_signed" {
  command = plan

  variables {
    image_event_webhook = { url = "https://hooks.example.org:8443/gazette?site=1" }
  }

  assert {
    condition = (
      aws_sns_topic_subscription.webhook[0].topic_arn == "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events"
      && aws_sns_topic_subscription.webhook[0].protocol == "https"
      && aws_sns_topic_subscription.webhook[0].endpoint == "https://hooks.example.org:8443/gazette?site=1"
      && aws_sns_topic_subscription.webhook[0].raw_message_delivery == false
    )
    error_message = "The subscription is another one."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.webhook[0].filter_policy) == { type = ["image.failed", "image.ready", "image.rejected"] }
    error_message = "All types by default."
  }

  assert {
    condition     = aws_sns_topic_subscription.webhook[0].filter_policy_scope == "MessageAttributes"
    error_message = "The filter is one on the message's attributes."
  }
}

run "a_webhook_may_ask_for_some_types_and_for_the_bare_message" {
  command = plan

  variables {
    image_event_webhook = {
      url                  = "https://hooks.example.org"
      types                = ["image.rejected", "image.failed"]
      raw_message_delivery = true
    }
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.webhook[0].filter_policy) == { type = ["image.failed", "image.rejected"] }
    error_message = "The webhook gets other types."
  }

  assert {
    condition     = aws_sns_topic_subscription.webhook[0].raw_message_delivery
    error_message = "The message comes in an envelope."
  }
}

run "a_webhook_is_tried_again_for_a_while_within_what_sns_allows" {
  command = plan

  variables {
    image_event_webhook = { url = "https://hooks.example.org/gazette" }
  }

  # Limits of an HTTP/S delivery policy (SNS developer guide, message delivery retries): 100 tries, 3,600 seconds altogether.
  assert {
    condition = alltrue([
      for policy in [jsondecode(aws_sns_topic_subscription.webhook[0].delivery_policy).healthyRetryPolicy] : alltrue([
        policy.numRetries > 3, # SNS's own default
        policy.numRetries <= 100,
        policy.numRetries * policy.maxDelayTarget <= 3600,
        policy.minDelayTarget >= 1,
        policy.minDelayTarget < policy.maxDelayTarget,
        policy.numNoDelayRetries + policy.numMinDelayRetries + policy.numMaxDelayRetries < policy.numRetries, # the rest backs off
        contains(["arithmetic", "exponential", "geometric", "linear"], policy.backoffFunction),
      ])
    ])
    error_message = "SNS would refuse this policy, or it is no better than none."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.webhook[0].delivery_policy).requestPolicy.headerContentType == "application/json"
    error_message = "A framework would not parse it."
  }
}

run "what_the_webhook_does_not_take_waits_in_a_queue_of_its_own" {
  command = plan

  variables {
    image_event_webhook = { url = "https://hooks.example.org/gazette" }
  }

  assert {
    condition = jsondecode(aws_sns_topic_subscription.webhook[0].redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-events-undelivered"
    }
    error_message = "What can't be delivered would be lost."
  }

  assert {
    condition = (
      aws_sqs_queue.undelivered[0].name == "gazette-test-image-events-undelivered"
      && aws_sqs_queue.undelivered[0].sqs_managed_sse_enabled
      && aws_sqs_queue.undelivered[0].message_retention_seconds == 1209600
    )
    error_message = "Encrypted with what SNS may use, and kept as long as SQS keeps anything."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.undelivered[0].policy).Statement == [
      {
        Sid       = "ImageEventsTopicSends"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-events-undelivered"
        Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events" } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-events-undelivered"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
    error_message = "Somebody else than the topic could send, or without TLS."
  }

  assert {
    condition     = output.undelivered_image_events_queue_url == "https://sqs.eu-west-1.amazonaws.com/111122223333/gazette-test-image-events-undelivered"
    error_message = "Nobody would find the queue."
  }
}

run "what_is_no_address_is_refused" {
  command = plan

  variables {
    image_event_emails = { "desk@example" = {} }
  }

  expect_failures = [var.image_event_emails]
}

run "an_address_with_a_name_around_it_is_refused" {
  command = plan

  variables {
    image_event_emails = { "The Desk <desk@example.org>" = {} }
  }

  expect_failures = [var.image_event_emails]
}

run "mails_of_an_unknown_type_are_refused" {
  command = plan

  variables {
    image_event_emails = { "desk@example.org" = { types = ["image.deleted"] } }
  }

  expect_failures = [var.image_event_emails]
}

run "mails_of_no_type_at_all_are_refused" {
  command = plan

  variables {
    image_event_emails = { "desk@example.org" = { types = [] } }
  }

  expect_failures = [var.image_event_emails]
}

run "a_webhook_without_tls_is_refused" {
  command = plan

  variables {
    image_event_webhook = { url = "http://hooks.example.org/gazette" }
  }

  expect_failures = [var.image_event_webhook]
}

run "a_webhook_with_a_password_in_its_address_is_refused" {
  command = plan

  variables {
    image_event_webhook = { url = "https://gazette:secret@hooks.example.org/" }
  }

  expect_failures = [var.image_event_webhook]
}

run "a_webhook_of_an_unknown_type_is_refused" {
  command = plan

  variables {
    image_event_webhook = { url = "https://hooks.example.org/", types = ["image.ready", "rejected"] }
  }

  expect_failures = [var.image_event_webhook]
}

run "a_webhook_of_no_type_at_all_is_refused" {
  command = plan

  variables {
    image_event_webhook = { url = "https://hooks.example.org/", types = [] }
  }

  expect_failures = [var.image_event_webhook]
}
