"""Whatever happens around an image, and between which two calls of AWS ever: it ends well and leaves nothing behind."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from articles.table import Table
from image_worker.threads import Threads
from tests.integration.interleavings import (
    ARTICLE_OF,
    PICTURES,
    Action,
    DeleteArticle,
    DeleteImage,
    Deliver,
    Fail,
    Fault,
    Interruption,
    Kill,
    LoseAnswer,
    Publish,
    Register,
    Registered,
    SendTwice,
    State,
    Step,
    Sweep,
    Upload,
    UseUpBudget,
    Wait,
    World,
    files_of,
)

RUNS = int(os.environ.get("INTERLEAVINGS", "80"))
"""Examples. INTERLEAVINGS=5000 for a thorough run."""

images = st.sampled_from(sorted(ARTICLE_OF))
articles = st.sampled_from(["x", "y"])
deliveries = st.builds(
    Deliver,
    st.sampled_from([(0,), (-1,)]) | st.lists(st.integers(0, 3), min_size=1, max_size=2).map(tuple),
    st.booleans(),
)
actions = st.one_of(
    deliveries,
    deliveries,
    st.builds(Upload, images, st.sampled_from(sorted(PICTURES))),
    st.builds(Upload, st.just("a"), st.sampled_from(["dog", "cat", "gun"])),
    st.builds(DeleteImage, images),
    st.builds(DeleteArticle, articles),
    st.builds(Publish, articles, st.booleans()),
    st.builds(Sweep),
    # Within a process's time, beyond it, beyond its lease, a result's conclusion, an upload's end, a failure's respite.
    st.builds(Wait, st.sampled_from([1, 30, 59, 61, 62, 70, 130, 360, 1260, 3700])),
    st.builds(Register, images),
    st.builds(UseUpBudget, st.integers(0, 4)),
)
faults = st.one_of(
    st.builds(Kill),
    st.builds(LoseAnswer),
    st.sampled_from([Fail(), Fail("InternalError", 500), Fail("AccessDeniedException", 403)]),
    st.builds(SendTwice),
)


def interruptions(steps: st.SearchStrategy[Step], least: int, most: int) -> st.SearchStrategy[tuple[Interruption, ...]]:
    what = st.one_of(steps, steps, steps, faults)
    one = st.builds(Interruption, st.integers(0, 11), what, st.booleans())
    return st.lists(one, min_size=least, max_size=most).map(tuple)


innermost = st.builds(Step, actions)
nested = st.builds(Step, actions, interruptions(innermost, 0, 1))
steps = st.builds(Step, actions, interruptions(nested, 0, 2))
jobs = st.builds(Step, deliveries, interruptions(nested, 1, 3))
plans = st.lists(steps | jobs, min_size=1, max_size=5)


@pytest.fixture
def world(table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(Threads, "begin", at_once)
    logging.disable(logging.CRITICAL)  # thousands of tracebacks take longer than what they tell of
    yield World(table)
    logging.disable(logging.NOTSET)


def at_once(_: Threads, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
    """What would be done in another thread, here and now: the order of the calls is then the plan's alone."""
    future: Future[Any] = Future()
    try:
        future.set_result(call(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - as a thread's future does
        future.set_exception(error)
    return future


def live(world: World, *plan: Step) -> None:
    """Lets a plan happen, from an upload on, and checks what has become of it all."""
    world.begin()
    world.run(Step(Upload("a", "dog")))
    for step in plan:
        world.run(step)
        assert world.wrong == []
    world.come_to_rest()
    assert world.wrong == []
    state, messages = world.state(), world.notifications()
    for name, image in world.images.items():
        check_result(name, image, state, messages)
    check_that_nothing_else_is_there(world, state)
    check_notifications(world, messages)
    check_cost(world)


def check_result(name: str, image: Registered, state: State, messages: list[dict[str, Any]]) -> None:
    """The result is that of the newest upload, and was announced; nothing is left of a deleted image."""
    item = state.images().get(image.id)
    if image.deleted:
        assert item is None, name
        return
    assert item is not None, name
    code = item["error"]["code"] if item.get("error") else None
    if image.uploads:
        wanted = PICTURES[image.uploads[-1]]
        assert wanted.result in (item["status"], code), name
        assert item["status"] == "failed" or item["width"] == wanted.width, name
    else:
        assert code == "upload_expired", name
    assert item["event_id"] in {message["id"] for message in messages}, name


def check_that_nothing_else_is_there(world: World, state: State) -> None:
    """No file but the renditions of what is ready, no label but those that everybody may see, no item of the dead."""
    standing = [image for image in world.images.values() if not image.deleted]
    articles = {article_id for article_id, article in state.articles().items() if article["status"] != "deleted"}
    assert {*state.images(), *state.articles()} == {*(image.id for image in standing), *articles}
    ready = [item for item in state.images().values() if item["status"] == "ready"]
    files = [files_of(item["article_id"], item["id"], item["renditions"]) for item in ready]
    assert state.media == set().union(*files)
    assert world.uploads() == []
    labels: dict[str, set[str]] = {}
    for item in ready:
        if state.articles()[item["article_id"]]["status"] == "published":
            for label in item["labels"]:
                labels.setdefault(label["name"], set()).add(item["id"])
    assert {label: set(ids) for label, ids in world.labels().items()} == labels
    assert [item for item in state.items if "DueAt" in item] == []


def check_notifications(world: World, messages: list[dict[str, Any]]) -> None:
    """One id a result, one result an id; no more results than uploads and given up waits for them."""
    results: dict[str, Any] = {}
    for message in messages:
        assert results.setdefault(message["id"], message) == message
        if message["type"] == "image.ready":
            shown = {label["name"] for label in message["labels"]}
            assert shown in [set(picture.labels) for picture in PICTURES.values() if picture.result == "ready"]
    for name, image in world.images.items():
        ids = {message["id"] for message in results.values() if message["image_id"] == image.id}
        assert len(ids) <= len(image.uploads) + 1, name


def check_cost(world: World) -> None:
    """Rekognition is asked about the same picture once, unless an answer was lost, or went with what had it, or another
    asked before there was a result."""
    replaced = sum(max(0, len(image.uploads) - 1) for image in world.images.values())
    deleted = sum(image.deleted for image in world.images.values())
    for (operation, picture), times in world.looks.items():
        if PICTURES[picture].result != "not_analysable":  # a refusal costs nothing, and is not kept
            assert times <= 1 + world.answers_lost + replaced + deleted + world.excused[picture], (operation, picture)


@pytest.mark.timeout(4 * 3600)
def test_whatever_happens_between_any_two_calls_it_ends_well(world: World) -> None:
    @settings(max_examples=RUNS)
    @given(plans)
    def anything(plan: list[Step]) -> None:
        live(world, *plan)
        for name in world.happened:
            event(name)  # for --hypothesis-show-statistics

    anything()


CALLS_OF_A_JOB = 12
"""Of one that nothing befalls."""

SITUATIONS: dict[str, tuple[Action | Fault, ...]] = {
    "the worker is killed": (Kill(),),
    "an answer is lost": (LoseAnswer(),),
    "a call fails": (Fail(),),
    "a request is repeated": (SendTwice(),),
    "the image is deleted and its files are removed": (DeleteImage("a"), Deliver((-1,))),
    "the article is deleted and its files are removed": (DeleteArticle("x"), Deliver((-1,))),
    "the image is deleted, and then the worker is killed": (DeleteImage("a"), Deliver((-1,)), Kill()),
    "a newer upload overtakes": (Upload("a", "cat"), Deliver((-1,))),
    "a newer upload overtakes, and then the worker is killed": (Upload("a", "cat"), Deliver((-1,)), Kill()),
    "a newer upload overtakes, which is rejected": (Upload("a", "gun"), Deliver((-1,))),
    "the same file is uploaded again, its event comes later": (Upload("a", "dog"),),
    "the same picture is uploaded elsewhere": (Upload("c", "dog"), Deliver((-1,))),
    "the message comes a second time": (Deliver((0,)),),
    "the article is withdrawn": (Publish("x", published=False), Deliver((-1,))),
    "the day's budget is used up": (UseUpBudget(),),
    "the day's budget is used up, and then the worker is killed": (UseUpBudget(), Kill()),
    "the day's budget is used up, and a newer upload overtakes": (UseUpBudget(), Upload("a", "cat"), Deliver((-1,))),
    "the worker hangs while the sweeper and others work": (Wait(59), Sweep(), Deliver((-1,)), Wait(2)),
}
"""What happens between two calls of a job; where a Kill comes after something else, two calls later."""


def test_a_job_that_nothing_befalls(world: World) -> None:
    live(world, Step(Deliver()))
    assert world.calls == CALLS_OF_A_JOB
    assert world.looks == {("DetectLabels", "dog"): 1, ("DetectModerationLabels", "dog"): 1}


@pytest.mark.parametrize("meanwhile", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_between_any_two_calls_of_a_job(world: World, meanwhile: tuple[Action | Fault, ...]) -> None:
    for at in range(CALLS_OF_A_JOB):
        plan = [
            Interruption(at + 2 if what == Kill() and position else at, what if isinstance(what, Fault) else Step(what))
            for position, what in enumerate(meanwhile)
        ]
        live(world, Step(Deliver(), tuple(plan)))
