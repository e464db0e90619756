"""The job index_article: the label index follows an article that was published or withdrawn."""

from articles.errors import NotFoundError
from articles.image_repository import ImageRepository
from articles.model import ArticleStatus, ImageStatus
from articles.repository import ArticleRepository


class Indexing:
    def __init__(self, articles: ArticleRepository, images: ImageRepository) -> None:
        self._articles = articles
        self._images = images

    def article(self, article_id: str) -> None:
        """Lists or unlists the article's ready images. One that is being processed is seen to when it is finished."""
        try:
            found = self._articles.get_with_images(article_id)
        except NotFoundError:
            return
        article = found.article
        if article.status is ArticleStatus.DELETED:
            return  # purge_article removes everything
        published = article.status is ArticleStatus.PUBLISHED
        for image in found.images:
            if image.status is not ImageStatus.READY or image.listed == published:
                continue
            if published:
                self._images.list_labels(image)
            else:
                self._images.unlist_labels(image, while_withdrawn=True)
        if article.due_at:
            self._articles.settle(article)
