"""/labels and /labels/{label}/images: what has been seen, and where. Only what everybody may see stands there."""

from flask import Blueprint, Response, request

from api.cursors import Cursors
from api.inputs import page_arguments
from api.problems import ProblemError
from api.representations import Representations, page
from articles.label_index import LabelIndex

_LONGEST_LABEL = 100


def label_routes(labels: LabelIndex, show: Representations, cursors: Cursors) -> Blueprint:
    routes = Blueprint("labels", __name__)

    @routes.get("/labels")
    def list_labels() -> Response:
        limit, cursor = page_arguments(request.args, {"limit", "cursor"})
        found = labels.labels(cursors.decode("labels", cursor), limit)
        items = [{"name": label.name, "images": label.images} for label in found.items]
        return page(items, cursors.encode("labels", found.next))

    @routes.get("/labels/<label>/images")
    def list_label_images(label: str) -> Response:
        limit, cursor = page_arguments(request.args, {"limit", "cursor"})
        if len(label) > _LONGEST_LABEL or "\x00" in label:
            raise ProblemError(404, "There is no such label: GET /labels lists them.")
        listing = f"label:{label}"
        found = labels.images(label, cursors.decode(listing, cursor), limit)
        items = [show.labelled_image(image) for image in found.items]
        return page(items, cursors.encode(listing, found.next))

    return routes
