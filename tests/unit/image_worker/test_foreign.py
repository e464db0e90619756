"""Pictures with another document in or behind them, and what cameras put there."""

import io
import struct
import zipfile

import pytest

from image_worker import renditions
from image_worker.failures import PictureError
from image_worker.picture import clean, measure
from tests.unit.image_worker import pictures

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF", "TIFF", "BMP"]


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("page.html", "<p>")
    return file.getvalue()


DOCUMENTS = {
    "a ZIP archive": archive(),
    "a PDF document": b"\n%PDF-1.7\n1 0 obj",
    "an HTML page": b"\n\n<!DOCTYPE html><html>",
    "an HTML page, after some noise": b"noise, noise <script>alert(1)</script>",
    "an SVG drawing": b'<svg xmlns="http://www.w3.org/2000/svg">',
    "a PHP script": b"<?php system($_GET[0]);",
    "a script": b"#!/bin/sh\n",
    "a RAR archive": b"Rar!\x1a\x07\x01\0" + bytes(30),
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\0\4",
    "a program": b"\x7fELF\2\1\1\0",
    "a program, of Windows": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0",
}

VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + struct.pack(">I", 5008) + b"mdat" + bytes(range(250)) * 20
WELCOME = {
    "padding": bytes(5000),
    "a video": VIDEO,
    "a second picture": pictures.jpeg(),
    "a second picture and a video": bytes(7) + pictures.jpeg() + VIDEO,
    "Samsung's trailer": b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1600000000000SEFHk\0\0\0\1\0\0\0\0\0\0\0SEFT",
    "a few bytes": b"PK MZ <? %PDF",
}


def failure(data: bytes) -> tuple[str, str]:
    with pytest.raises(PictureError) as caught:
        clean(data, renditions.LARGE_SIDE)
    return caught.value.failure.code, caught.value.failure.message


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_document_behind_a_picture_is_refused_by_its_name(file_format: str) -> None:
    picture = pictures.any_format(pictures.quadrants(), file_format)
    for name, document in DOCUMENTS.items():
        code, message = failure(picture + document)
        assert code == "unsupported_format", name
        assert name.split(",")[0] in message, name


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_cameras_and_phones_put_behind_a_picture_is_welcome(file_format: str) -> None:
    picture = pictures.any_format(pictures.quadrants(), file_format)
    for name, more in WELCOME.items():
        assert clean(picture + more, 400).width == 320, name


def test_a_document_behind_what_is_welcome_is_found_as_well() -> None:
    for more in WELCOME.values():
        assert failure(pictures.jpeg() + more + b"<html><body>")[0] == "unsupported_format"


def test_a_zip_with_its_comment_or_junk_behind_it_is_found() -> None:
    assert failure(pictures.jpeg() + archive() + bytes(60_000))[0] == "unsupported_format"


def test_the_end_record_of_a_zip_alone_means_nothing() -> None:
    assert clean(pictures.jpeg() + b"PK\x05\x06" + b"\x11" * 18, 400).width == 320


def test_a_zip_in_a_comment_is_found() -> None:
    assert failure(pictures.jpeg(comment=archive()))[0] == "unsupported_format"


def test_a_pdf_around_a_picture_is_found() -> None:
    data = pictures.jpeg(comment=b"%PDF-1.7\n1 0 obj<</Length 9>>stream") + b"\nendstream\nxref\ntrailer\n%%EOF\n"
    assert failure(data) == (
        "unsupported_format",
        "There is a PDF document in the picture's file. Save the picture anew, and upload that.",
    )


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's, of the TIFF
@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x0cftypheic"]
)
def test_a_page_behind_the_beginning_of_a_picture_is_refused(head: bytes) -> None:
    page = head + b"<html><script>alert(1)</script></html>"
    assert failure(page)[0] == "unsupported_format"
    with pytest.raises(PictureError) as caught:
        measure(page)
    assert "an HTML page" in caught.value.failure.message


def test_text_in_metadata_is_no_document() -> None:
    assert clean(pictures.jpeg(comment=b"<html><script>alert(1)</script>"), 400).width == 320
    text = {"description": "<html><script>alert(1)</script>"}
    assert clean(pictures.encoded(pictures.quadrants(), "TIFF", **text), 400).width == 320


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg width='1'/>", "an SVG drawing"),
        (archive(), "a ZIP archive"),
        (VIDEO, "a video"),
        (DOCUMENTS["a program, of Windows"], "a program"),
        (b"only text", "no picture"),
        (b"", "no picture"),
    ],
)
def test_what_is_no_picture_is_told_by_its_name(data: bytes, name: str) -> None:
    code, message = failure(data)
    assert code == "unsupported_format"
    assert message.startswith(f"The file is {name}")
    assert "HEIC" in message


@pytest.mark.timeout(60)
@pytest.mark.parametrize("length", [0, 7, 2**31])
def test_a_broken_box_behind_a_picture_does_not_keep_it_from_being_looked_at_to_its_end(length: int) -> None:
    """Each once took a worker until its time-out: the end of such a box is where it begins."""
    box = length.to_bytes(4, "big") + b"ftyp????"
    clean(pictures.jpeg() + b"\x01" * 4 + box, 400)
    clean(pictures.jpeg() + box, 400)
    with pytest.raises(PictureError, match="PDF"):
        clean(pictures.jpeg() + box + b"%PDF-1.7", 400)


def test_only_so_many_pictures_behind_one_another_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pictures.jpeg() * 3 + pictures.jpeg(comment=b"%PDF-1.7")
    clean(data, 400)
    monkeypatch.setattr("image_worker.foreign._MOST_FOLLOWING", 2)
    with pytest.raises(PictureError, match="PDF"):
        clean(data, 400)
