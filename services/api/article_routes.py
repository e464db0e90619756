"""/articles and /articles/{article_id}."""

from flask import Blueprint, Response, request
from msgspec import UNSET

from api.cursors import Cursors
from api.identity import caller, demand_caller
from api.inputs import ArticleDraft, ArticlePatch, page_arguments, parse, status_argument, text_argument
from api.once import once
from api.paths import known_id
from api.preconditions import allowed_versions, etag, not_modified
from api.representations import Representations, answer, page
from articles.model import ArticleStatus, ArticleWithImages
from articles.service import ArticleChange, ArticleService, Filter


def article_routes(service: ArticleService, show: Representations, cursors: Cursors) -> Blueprint:
    routes = Blueprint("articles", __name__)

    @routes.get("/articles")
    def list_articles() -> Response:
        limit, cursor = page_arguments(request.args, {"author", "tag", "status", "label", "limit", "cursor"})
        author = text_argument(request.args, "author", 128)
        tag = text_argument(request.args, "tag", 50)
        label = text_argument(request.args, "label", 100)
        status = status_argument(request.args, own=author == "me")
        who = demand_caller() if author == "me" else None
        listing = f"articles:{who and who.id!r}:{author!r}:{tag!r}:{status!r}:{label!r}"
        before = cursors.decode(listing, cursor)
        wanted = Filter(who.id if who else author, tag, status, label)
        found = service.own(who, wanted, before, limit) if who else service.published(wanted, before, limit)
        return page([show.summary(article) for article in found.items], cursors.encode(listing, found.next))

    @routes.post("/articles")
    def create_article() -> Response:
        who = demand_caller()
        draft = parse(request.get_data(), ArticleDraft)
        article = service.create(who, _change(draft), once(who, draft))
        created = ArticleWithImages(article)
        # Relative to the request's own address: right behind every stage, custom domain and base path.
        return answer(show.article(created), 201, Location=f"articles/{article.id}", ETag=f'"{etag(created)}"')

    @routes.get("/articles/<article_id>")
    def get_article(article_id: str) -> Response:
        found = service.read(caller(), known_id(article_id, "article"))
        tag = etag(found)
        if not_modified(tag):
            return Response(status=304, headers={"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"})
        return answer(show.article(found), ETag=f'"{tag}"')

    @routes.put("/articles/<article_id>")
    def replace_article(article_id: str) -> Response:
        return _changed(article_id, ArticleDraft, merge=False)

    @routes.patch("/articles/<article_id>")
    def update_article(article_id: str) -> Response:
        return _changed(article_id, ArticlePatch, merge=True)

    def _changed(article_id: str, schema: type[ArticleDraft | ArticlePatch], *, merge: bool) -> Response:
        who = demand_caller()
        change = _change(parse(request.get_data(), schema))
        versions = allowed_versions()
        found = service.change(who, known_id(article_id, "article"), change, versions=versions, merge=merge)
        return answer(show.article(found), ETag=f'"{etag(found)}"')

    @routes.delete("/articles/<article_id>")
    def delete_article(article_id: str) -> Response:
        service.delete(demand_caller(), known_id(article_id, "article"), allowed_versions())
        return Response(status=204)

    return routes


def _change(body: ArticleDraft | ArticlePatch) -> ArticleChange:
    return ArticleChange(
        title=None if body.title is UNSET else body.title,
        body=None if body.body is UNSET else body.body,
        tags=None if body.tags is UNSET else tuple(body.tags),
        status=None if body.status is UNSET else ArticleStatus(body.status),
    )
