"""What AWS asks for, in one file: public list prices, on demand, of us-east-1, in US dollars, without any free tier.

They were written down from memory of the pages named, on the date below; AWS's pages were not at hand to compare them
with (Lambda's and DynamoDB's agree with what third parties print). Check them before you rely on a figure, change them
here, then `make cost`. Where a price falls with the amount, the
first tier stands here. Other regions differ, by some 10 to 30 percent as a rule; taxes and support are not in it.
"""

from dataclasses import dataclass

NOTED = "2026-11-22"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """`dollars` for one `unit`; `page`: the pricing page that has it."""

    dollars: float
    unit: str
    page: str


_LAMBDA = "AWS Lambda pricing"
_DYNAMODB = "Amazon DynamoDB pricing for on-demand capacity"
_S3 = "Amazon S3 pricing"
_CLOUDWATCH = "Amazon CloudWatch pricing"
_WAF = "AWS WAF pricing"
_CLOUDFRONT = "Amazon CloudFront pricing"

PRICES = {
    "lambda.gb_second.x86_64": Price(0.0000166667, "GB-second, first 6 billion a month", _LAMBDA),
    "lambda.gb_second.arm64": Price(0.0000133334, "GB-second, first 7.5 billion a month", _LAMBDA),
    "lambda.request": Price(0.20 / 1e6, "request", _LAMBDA),
    "apigateway.rest.request": Price(3.50 / 1e6, "request, first 333 million a month", "Amazon API Gateway pricing"),
    "dynamodb.read": Price(0.125 / 1e6, "read request unit", _DYNAMODB),
    "dynamodb.write": Price(0.625 / 1e6, "write request unit", _DYNAMODB),
    "dynamodb.storage": Price(0.25, "GB and month", _DYNAMODB),
    "s3.put": Price(0.005 / 1e3, "PUT, POST or LIST request, S3 Standard", _S3),
    "s3.get": Price(0.0004 / 1e3, "GET request, S3 Standard", _S3),
    "s3.storage": Price(0.023, "GB and month, S3 Standard, first 50 TB", _S3),
    "transfer.out": Price(0.09, "GB to the internet, first 10 TB a month", "Amazon EC2 on-demand pricing"),
    "sqs.request": Price(0.40 / 1e6, "request, standard queue", "Amazon SQS pricing"),
    "sns.publish": Price(0.50 / 1e6, "request", "Amazon SNS pricing"),
    "rekognition.image": Price(0.001, "image, group 2, first million a month", "Amazon Rekognition pricing"),
    "cloudwatch.logs": Price(0.50, "GB taken in", _CLOUDWATCH),
    "cloudwatch.alarm": Price(0.10, "metric of an alarm and month, standard resolution", _CLOUDWATCH),
    "cloudwatch.dashboard": Price(3.00, "dashboard and month", _CLOUDWATCH),
    "xray.trace": Price(5.00 / 1e6, "trace recorded", "AWS X-Ray pricing"),
    "waf.acl": Price(5.00, "web ACL and month", _WAF),
    "waf.rule": Price(1.00, "rule or managed rule group and month", _WAF),
    "waf.request": Price(0.60 / 1e6, "request", _WAF),
    "kms.key": Price(1.00, "customer managed key and month", "AWS Key Management Service pricing"),
    "kms.request": Price(0.03 / 1e4, "request", "AWS Key Management Service pricing"),
    "secretsmanager.secret": Price(0.40, "secret and month", "AWS Secrets Manager pricing"),
    "cloudfront.request": Price(0.0100 / 1e4, "HTTPS request, United States", _CLOUDFRONT),
    "cloudfront.transfer": Price(0.085, "GB to the internet, United States, first 10 TB a month", _CLOUDFRONT),
    "cognito.user": Price(0.015, "monthly active user, Essentials, above the free ones", "Amazon Cognito pricing"),
    "snapstart.cache": Price(0.0000015046, "GB-second of a published version", _LAMBDA),
    "snapstart.restore": Price(0.0001397998, "GB restored", _LAMBDA),
}


def dollars(name: str, amount: float = 1.0) -> float:
    """What an amount of something costs. Raises KeyError for what has no price here."""
    return PRICES[name].dollars * amount
