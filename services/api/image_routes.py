"""/articles/{article_id}/images and below."""

from flask import Blueprint, Response, request

from api.identity import caller, demand_caller
from api.inputs import ImageUpload, parse
from api.once import once
from api.paths import known_id
from api.problems import FieldError, bad_input
from api.representations import Representations, answer
from api.signing import Signer, seconds_until
from articles.clock import now, to_text
from articles.service import ArticleService, Upload


def image_routes(service: ArticleService, show: Representations, signer: Signer, max_upload_bytes: int) -> Blueprint:
    routes = Blueprint("images", __name__)

    @routes.get("/articles/<article_id>/images")
    def list_images(article_id: str) -> Response:
        found = service.read(caller(), known_id(article_id, "article"))
        return answer({"items": [show.image(image) for image in found.images]})

    @routes.post("/articles/<article_id>/images")
    def register_image(article_id: str) -> Response:
        who = demand_caller()
        wanted = parse(request.get_data(), ImageUpload)
        if wanted.size > max_upload_bytes:
            raise bad_input([FieldError("/size", f"An upload has at most {max_upload_bytes} bytes.")])
        upload = Upload(wanted.filename, wanted.content_type, wanted.size, wanted.alt)
        image = service.register_image(who, known_id(article_id, "article"), upload, once(who, wanted))
        # A repeated call gets a policy with what is left of the first one's time.
        expires_at = image.upload_expires_at or image.created_at
        policy = signer.upload(
            image.article_id,
            image.id,
            image.content_type,
            image.size,
            seconds_until(expires_at, now()),
            image.correlation_id,
        )
        body = {
            "image": show.image(image),
            "upload": {"url": policy.url, "fields": policy.fields, "expires_at": to_text(expires_at)},
        }
        return answer(body, 201, Location=f"images/{image.id}")

    @routes.get("/articles/<article_id>/images/<image_id>")
    def get_image(article_id: str, image_id: str) -> Response:
        image = service.read_image(caller(), known_id(article_id, "article"), known_id(image_id, "image"))
        return answer(show.image(image))

    @routes.delete("/articles/<article_id>/images/<image_id>")
    def delete_image(article_id: str, image_id: str) -> Response:
        service.delete_image(demand_caller(), known_id(article_id, "article"), known_id(image_id, "image"))
        return Response(status=204)

    return routes
