"""The arithmetic from measurements to dollars, on numbers that can be worked out by hand."""

import pytest

from bench import cost_model
from bench.cost_model import MEMORY_SIZES, Run, best_size, calls_dollars, fits, picture_dollars, request_dollars
from bench.prices import PRICES, dollars


def test_cpu_time_is_divided_by_lambdas_share_and_waiting_is_not() -> None:
    run = Run(cpu_ms=10, wait_ms=5)
    assert run.milliseconds(1769) == pytest.approx(15)
    assert run.milliseconds(128) == pytest.approx(10 * 1769 / 128 + 5)
    assert run.milliseconds(3008) == run.milliseconds(1769), "one thread has no use for a second CPU"
    assert Run(10, 5, threads=4).milliseconds(3008) == pytest.approx(10 / 1.7 + 5)
    assert Run(10, 5, threads=4).milliseconds(2048) == pytest.approx(10 / (2048 / 1769) + 5)


def test_started_milliseconds_are_billed_with_the_whole_memory() -> None:
    request = 0.2e-6
    assert Run(1, 9.5).dollars(1769) == pytest.approx(0.011 * 1769 / 1024 * 0.0000166667 + request)
    assert Run(0, 10).dollars(1024, "arm64") == pytest.approx(0.01 * 0.0000133334 + request)


def test_calls_wait_for_each_other_except_the_queries_that_overlap() -> None:
    assert cost_model.wait_ms({"dynamodb.Query": 1, "dynamodb.TransactWriteItems": 1}) == 5 + 10
    assert cost_model.wait_ms({"dynamodb.Query": 16}) == 16 * 5
    assert cost_model.wait_ms({"dynamodb.Query": 16}, at_once=8) == 2 * 5
    assert cost_model.wait_ms({"dynamodb.GetItem": 3, "s3.GetObject": 1, "sns.Publish": 1}, at_once=8) == 15 + 30 + 20


def test_both_looks_and_both_renditions_overlap_in_ours() -> None:
    calls = {"rekognition.DetectLabels": 1, "rekognition.DetectModerationLabels": 1, "s3.PutObject": 2}
    assert cost_model.picture_wait_ms(calls, overlapping=True) == 500 + 30
    assert cost_model.picture_wait_ms(calls, overlapping=False) == 1000 + 60
    assert cost_model.picture_wait_ms({"s3.GetObject": 1}, overlapping=True) == 30, (
        "nobody looks at what was seen before"
    )


def test_each_service_has_its_price() -> None:
    calls = {
        "dynamodb.Query": 7,
        "s3.GetObject": 2,
        "s3.PutObject": 1,
        "s3.DeleteObject": 5,
        "sqs.SendMessage": 3,
        "sns.Publish": 1,
        "rekognition.DetectLabels": 1,
        "rekognition.DetectModerationLabels": 1,
    }
    found = calls_dollars({"calls": calls, "read": 8, "write": 4})
    assert found == {
        "DynamoDB": pytest.approx(8 * 0.125e-6 + 4 * 0.625e-6),
        "S3": pytest.approx(2 * 0.4e-6 + 5e-6),
        "SQS": pytest.approx(3 * 0.4e-6),
        "SNS": pytest.approx(0.5e-6),
        "Rekognition": pytest.approx(0.002),
    }


def test_a_call_without_a_price_is_not_free() -> None:
    with pytest.raises(KeyError):
        calls_dollars({"calls": {"s3.SelectObjectContent": 1}, "read": 0, "write": 0})


def test_a_request_pays_the_gateway_both_functions_and_their_logs() -> None:
    run = Run(10, 5)
    alone = request_dollars({"calls": {}, "read": 1, "write": 0}, run, 1024, authorizer=0.0)
    both = request_dollars({"calls": {}, "read": 1, "write": 0}, run, 1024, authorizer=1e-6)
    assert alone["API Gateway"] == pytest.approx(3.5e-6)
    assert both["Lambda"] - alone["Lambda"] == pytest.approx(1e-6)
    assert both["logs"] > alone["logs"] > 0


def test_a_picture_pays_its_upload_and_its_message_too() -> None:
    found = picture_dollars({"calls": {"s3.GetObject": 1}, "read": 0, "write": 0}, Run(0, 0), 1024)
    assert found["S3"] == pytest.approx(5e-6 + 0.4e-6)
    assert found["SQS"] == pytest.approx(3 * 0.4e-6)


def test_the_best_size_is_one_that_the_memory_in_use_fits() -> None:
    assert best_size(Run(0, 10), peak_mb=10) == 128, "who only waits needs no CPU"
    assert best_size(Run(0, 10), peak_mb=200) == 256
    assert best_size(Run(1000, 0), peak_mb=10) == 1769, "one thread gains nothing beyond a whole CPU"
    assert not fits(130, 128)
    assert fits(120, 128)


def test_every_price_says_what_it_is_for_and_where_it_stands() -> None:
    for name, price in PRICES.items():
        assert price.dollars > 0, name
        assert price.unit, name
        assert price.page.endswith(("pricing", "pricing for on-demand capacity")), name
    assert dollars("lambda.request", 1_000_000) == pytest.approx(0.20)
    assert sorted(MEMORY_SIZES) == list(MEMORY_SIZES)
