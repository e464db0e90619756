"""Who may do what, as one table: each route of openapi.yaml with each kind of thing that it can be about.

A thing is an article, `draft`, `published` or `deleted` of the author's or `stranger's` own, and behind a slash one of
its images by its status; `elsewhere` is a ready image of another article of the author's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PEOPLE = ("nobody", "stranger", "author", "editor")

_TABLE = """
                                                                            nobody stranger author editor
GET    /articles                              -                               200    200     200    200
GET    /articles?author=me                    -                               401    200     200    200
GET    /articles?author=me&status=draft       -                               401    200     200    200
GET    /articles?status=draft                 -                               400    400     400    400
POST   /articles                              -                               401    201     201    201
GET    /articles/{article_id}                 draft                           404    404     200    200
GET    /articles/{article_id}                 published                       200    200     200    200
GET    /articles/{article_id}                 deleted                         404    404     404    404
PUT    /articles/{article_id}                 draft                           401    404     200    200
PUT    /articles/{article_id}                 published                       401    403     200    200
PUT    /articles/{article_id}                 deleted                         401    404     404    404
PATCH  /articles/{article_id}                 draft                           401    404     200    200
PATCH  /articles/{article_id}                 published                       401    403     200    200
PATCH  /articles/{article_id}                 deleted                         401    404     404    404
PATCH  /articles/{article_id}                 stranger's                      401    200     403    200
DELETE /articles/{article_id}                 draft                           401    404     204    204
DELETE /articles/{article_id}                 published                       401    403     204    204
DELETE /articles/{article_id}                 deleted                         401    404     404    404
GET    /articles/{article_id}/images          draft                           404    404     200    200
GET    /articles/{article_id}/images          published                       200    200     200    200
GET    /articles/{article_id}/images          deleted                         404    404     404    404
POST   /articles/{article_id}/images          draft                           401    404     201    201
POST   /articles/{article_id}/images          published                       401    403     201    201
POST   /articles/{article_id}/images          deleted                         401    404     404    404
GET    /articles/{article_id}/images/{image_id} draft/pending                 404    404     200    200
GET    /articles/{article_id}/images/{image_id} draft/processing              404    404     200    200
GET    /articles/{article_id}/images/{image_id} draft/ready                   404    404     200    200
GET    /articles/{article_id}/images/{image_id} draft/rejected                404    404     200    200
GET    /articles/{article_id}/images/{image_id} draft/failed                  404    404     200    200
GET    /articles/{article_id}/images/{image_id} draft/deleted                 404    404     404    404
GET    /articles/{article_id}/images/{image_id} draft/elsewhere               404    404     404    404
GET    /articles/{article_id}/images/{image_id} published/pending             404    404     200    200
GET    /articles/{article_id}/images/{image_id} published/processing          404    404     200    200
GET    /articles/{article_id}/images/{image_id} published/ready               200    200     200    200
GET    /articles/{article_id}/images/{image_id} published/rejected            404    404     200    200
GET    /articles/{article_id}/images/{image_id} published/failed              404    404     200    200
GET    /articles/{article_id}/images/{image_id} published/deleted             404    404     404    404
GET    /articles/{article_id}/images/{image_id} published/elsewhere           404    404     404    404
GET    /articles/{article_id}/images/{image_id} deleted/ready                 404    404     404    404
GET    /articles/{article_id}/images/{image_id} stranger's/elsewhere          404    404     404    404
DELETE /articles/{article_id}/images/{image_id} draft/pending                 401    404     204    204
DELETE /articles/{article_id}/images/{image_id} draft/processing              401    404     204    204
DELETE /articles/{article_id}/images/{image_id} draft/ready                   401    404     204    204
DELETE /articles/{article_id}/images/{image_id} draft/rejected                401    404     204    204
DELETE /articles/{article_id}/images/{image_id} draft/failed                  401    404     204    204
DELETE /articles/{article_id}/images/{image_id} draft/deleted                 401    404     404    404
DELETE /articles/{article_id}/images/{image_id} draft/elsewhere               401    404     404    404
DELETE /articles/{article_id}/images/{image_id} published/pending             401    403     204    204
DELETE /articles/{article_id}/images/{image_id} published/processing          401    403     204    204
DELETE /articles/{article_id}/images/{image_id} published/ready               401    403     204    204
DELETE /articles/{article_id}/images/{image_id} published/rejected            401    403     204    204
DELETE /articles/{article_id}/images/{image_id} published/failed              401    403     204    204
DELETE /articles/{article_id}/images/{image_id} published/deleted             401    403     404    404
DELETE /articles/{article_id}/images/{image_id} published/elsewhere           401    403     404    404
DELETE /articles/{article_id}/images/{image_id} deleted/ready                 401    404     404    404
DELETE /articles/{article_id}/images/{image_id} stranger's/elsewhere          401    404     403    404
GET    /labels                                -                               200    200     200    200
GET    /labels/{label}/images                 -                               200    200     200    200
GET    /health                                -                               200    200     200    200
GET    /openapi.json                          -                               200    200     200    200
GET    /docs                                  -                               200    200     200    200
GET    /docs/{asset}                          -                               200    200     200    200
"""

PICTURE: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 181_234}
BODIES: dict[str, dict[str, Any]] = {
    "POST /articles": {"title": "New", "body": "b"},
    "PUT /articles/{article_id}": {"title": "Changed", "body": "b"},
    "PATCH /articles/{article_id}": {"title": "Changed"},
    "POST /articles/{article_id}/images": PICTURE,
}


@dataclass(frozen=True)
class Row:
    method: str
    target: str
    """The route's path, with a query where it matters."""
    article: str | None
    image: str | None
    expected: dict[str, int]
    """Status by person."""

    @property
    def route(self) -> str:
        return f"{self.method} {self.target.partition('?')[0]}"

    def address(self, article_id: str, image_id: str) -> str:
        return self.target.format(article_id=article_id, image_id=image_id, label="Dog", asset="start.js")

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.article or ''}/{self.image or ''}"


def _rows() -> Iterator[Row]:
    for line in _TABLE.strip().splitlines()[1:]:
        method, target, thing, *statuses = line.split()
        article, _, image = thing.partition("/")
        expected = dict(zip(PEOPLE, map(int, statuses), strict=True))
        yield Row(method, target, article if article != "-" else None, image or None, expected)


ROWS = list(_rows())
