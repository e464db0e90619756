"""From the model to the table's items and back. One function each way and entity; keys come from articles.keys."""

from datetime import datetime
from typing import Any

from articles import keys
from articles.clock import from_text, to_text
from articles.model import (
    Article,
    ArticleStatus,
    Author,
    Box,
    Failure,
    Image,
    ImageStatus,
    Label,
    LabelledImage,
    Looked,
    Moderation,
)
from articles.table import Item


def article_to_item(article: Article) -> Item:
    item = {
        **keys.article_key(article.id),
        **keys.article_index_keys(article.id, article.author.id, article.status),
        **_summary(article),
        "body": article.body,
    }
    if article.due_at:
        item |= keys.due_keys(to_text(article.due_at))
    return item


def tag_to_item(article: Article, tag: str) -> Item:
    """The article's entry under one tag: its summary once more, so that a tag's page needs no article."""
    return {**keys.tag_key(tag, article.id), **_summary(article)}


def article_from_item(item: Item) -> Article:
    """An article of its own item, or its summary (an empty body) of an index's or a tag's entry."""
    return Article(
        id=item["id"],
        title=item["title"],
        body=item.get("body", ""),
        tags=tuple(item["tags"]),
        status=ArticleStatus(item["status"]),
        author=Author(item["author_id"], item["author_name"]),
        version=item["version"],
        created_at=from_text(item["created_at"]),
        updated_at=from_text(item["updated_at"]),
        due_at=_time(item.get("DueAt")),
    )


def _summary(article: Article) -> Item:
    return {
        "id": article.id,
        "title": article.title,
        "tags": list(article.tags),
        "status": article.status.value,
        "author_id": article.author.id,
        "author_name": article.author.name,
        "version": article.version,
        "created_at": to_text(article.created_at),
        "updated_at": to_text(article.updated_at),
    }


def image_to_item(image: Image) -> Item:
    """The item of an image that was just registered; every later change is an update of its own."""
    item = {
        **keys.image_key(image.article_id, image.id),
        "id": image.id,
        "article_id": image.article_id,
        "status": image.status.value,
        "filename": image.filename,
        "content_type": image.content_type,
        "size": image.size,
        "alt": image.alt,
        "created_at": to_text(image.created_at),
    }
    if image.correlation_id:
        item["correlation_id"] = image.correlation_id
    if image.article_status:
        item["article_status"] = image.article_status.value
    if image.upload_expires_at:
        item["upload_expires_at"] = to_text(image.upload_expires_at)
    if image.due_at:
        item |= keys.due_keys(to_text(image.due_at))
    return item


def image_from_item(item: Item) -> Image:
    return Image(
        id=item["id"],
        article_id=item["article_id"],
        status=ImageStatus(item["status"]),
        filename=item["filename"],
        content_type=item["content_type"],
        size=item["size"],
        alt=item["alt"],
        created_at=from_text(item["created_at"]),
        width=item.get("width"),
        height=item.get("height"),
        labels=tuple(label_from_map(label) for label in item.get("labels", [])),
        moderation=tuple(moderation_from_map(entry) for entry in item.get("moderation", [])),
        error=Failure(**item["error"]) if item.get("error") else None,
        analysed_at=_time(item.get("analysed_at")),
        correlation_id=item.get("correlation_id"),
        upload_expires_at=_time(item.get("upload_expires_at")),
        renditions=item.get("renditions"),
        sequencer=item.get("sequencer", ""),
        claim=item.get("claim"),
        lease_until=_time(item.get("lease_until")),
        writes_until=_time(item.get("writes_until")),
        attempts=item.get("attempts", 0),
        event_id=item.get("event_id"),
        announced=item.get("announced"),
        upload_etag=item.get("upload_etag"),
        given_up=item.get("given_up", False),
        content=keys.digest_of_content(item),
        looked_at=_time(item.get("LookedAt")),
        looked=looked_from_map(item["looked"]) if item.get("looked") else None,
        waited=item.get("waited", False),
        article_status=ArticleStatus(item["article_status"]) if "article_status" in item else None,
        listed=item.get("listed", False),
        due_at=_time(item.get("DueAt")),
    )


def label_to_map(label: Label) -> dict[str, Any]:
    return {
        "name": label.name,
        "confidence": label.confidence,
        "parents": list(label.parents),
        "boxes": [
            {"left": b.left, "top": b.top, "width": b.width, "height": b.height, "confidence": b.confidence}
            for b in label.boxes
        ],
    }


def label_from_map(entry: dict[str, Any]) -> Label:
    return Label(
        name=entry["name"],
        confidence=entry["confidence"],
        parents=tuple(entry["parents"]),
        boxes=tuple(Box(**box) for box in entry["boxes"]),
    )


def moderation_to_map(entry: Moderation) -> dict[str, Any]:
    return {"name": entry.name, "parent": entry.parent, "confidence": entry.confidence}


def moderation_from_map(entry: dict[str, Any]) -> Moderation:
    return Moderation(name=entry["name"], parent=entry["parent"], confidence=entry["confidence"])


def looked_to_map(looked: Looked) -> dict[str, Any]:
    return {
        "content": looked.content,
        "at": to_text(looked.at),
        "labels": None if looked.labels is None else [label_to_map(label) for label in looked.labels],
        "moderation": None if looked.moderation is None else [moderation_to_map(entry) for entry in looked.moderation],
    }


def looked_from_map(entry: dict[str, Any]) -> Looked:
    labels, moderation = entry["labels"], entry["moderation"]
    return Looked(
        content=entry["content"],
        at=from_text(entry["at"]),
        labels=None if labels is None else tuple(map(label_from_map, labels)),
        moderation=None if moderation is None else tuple(map(moderation_from_map, moderation)),
    )


def labelled_image_to_item(image: Image, label: Label) -> Item:
    return {
        **keys.label_key(label.name, image.id),
        "id": image.id,
        "article_id": image.article_id,
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
        "label": label_to_map(label),
        "renditions": image.renditions,
        "created_at": to_text(image.created_at),
    }


def labelled_image_from_item(item: Item) -> LabelledImage:
    return LabelledImage(
        id=item["id"],
        article_id=item["article_id"],
        alt=item["alt"],
        width=item["width"],
        height=item["height"],
        label=label_from_map(item["label"]),
        renditions=item["renditions"],
        created_at=from_text(item["created_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
