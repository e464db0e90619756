"""What becomes of the bytes that people upload."""

import pytest
from PIL import Image, ImageCms

from image_worker import renditions
from image_worker.failures import PictureError
from image_worker.picture import MAX_PIXELS, Picture, clean
from tests.unit.image_worker import pictures
from tests.unit.image_worker.pictures import BLUE, GREEN, RED, WHITE

Colour = tuple[int, int, int]


def code_of(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        clean(data, renditions.LARGE_SIDE)
    return caught.value.failure.code


def corners(image: Image.Image) -> list[Colour]:
    """The colours in the middles of the four quadrants: top left, top right, bottom left, bottom right."""
    across, down = image.width // 4, image.height // 4
    places = [(across, down), (3 * across, down), (across, 3 * down), (3 * across, 3 * down)]
    return [image.convert("RGB").getpixel(place) for place in places]  # type: ignore[misc] # RGB pixels are tuples


def close(found: list[Colour], wanted: list[Colour], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for f, w in zip(found, wanted, strict=True) for a, b in zip(f, w, strict=True))


def large(data: bytes) -> Image.Image:
    return pictures.opened(renditions.large(clean(data, renditions.LARGE_SIDE)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_ends_upright(orientation: int, format: str) -> None:  # noqa: A002
    upright = pictures.quadrants(320, 200)
    stored = pictures.turned_away(upright, orientation)
    data = pictures.encoded(stored, format, exif=pictures.exif(orientation))

    picture = clean(data, renditions.LARGE_SIDE)

    assert (picture.width, picture.height) == (320, 200)
    assert picture.pixels.size == (320, 200)
    assert close(corners(picture.pixels), [RED, GREEN, BLUE, WHITE])


def test_nothing_but_pixels_survives() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = pictures.jpeg(exif=pictures.exif(6, gps=True), icc_profile=profile, comment=b"taken at home")
    assert b"Camera maker" in data

    for rendition in (renditions.large, renditions.thumbnail):
        made = rendition(clean(data, renditions.LARGE_SIDE))
        image = pictures.opened(made)
        assert dict(image.getexif()) == {}
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert b"Camera maker" not in made
        assert b"taken at home" not in made
        assert image.format == "JPEG"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's, to whom it may concern
def test_broken_exif_does_not_make_a_broken_picture() -> None:
    data = pictures.jpeg(exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert clean(data, 400).width == 320


def test_a_large_picture_is_made_smaller_and_a_small_one_stays() -> None:
    wide = clean(pictures.jpeg(5000, 2500), renditions.LARGE_SIDE)
    assert (wide.width, wide.height, wide.pixels.size) == (5000, 2500, (2048, 1024))
    assert pictures.opened(renditions.thumbnail(wide)).size == (400, 200)

    small = clean(pictures.jpeg(320, 200), renditions.LARGE_SIDE)
    assert pictures.opened(renditions.large(small)).size == (320, 200)
    assert pictures.opened(renditions.thumbnail(small)).size == (320, 200)


def test_a_long_panorama_is_stretched_for_rekognition_only() -> None:
    picture = clean(pictures.encoded(pictures.quadrants(8000, 90), "PNG"), renditions.LARGE_SIDE)
    made = renditions.large(picture)
    assert pictures.opened(made).size == (2048, 23)
    shown = pictures.opened(renditions.analysable(picture, made))
    assert shown.size == (2048, 80)
    assert close(corners(shown), [RED, GREEN, BLUE, WHITE], tolerance=60)


def test_what_rekognition_is_shown_always_fits_its_limit() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((2048, 2048), 200) for _ in range(3)])
    picture = Picture(noise, 2048, 2048)
    assert len(renditions.large(picture)) <= renditions.MAX_ANALYSED_BYTES


def test_cmyk_becomes_rgb() -> None:
    image = large(pictures.encoded(pictures.quadrants().convert("CMYK"), "JPEG", quality=95))
    assert image.mode == "RGB"
    assert close(corners(image), [RED, GREEN, BLUE, WHITE])


def test_a_profile_is_applied_before_it_is_dropped() -> None:
    # Red and blue exchanged, as a profile would never be written but easily seen.
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = lab_like.replace(b"rXYZ", b"tmp!").replace(b"bXYZ", b"rXYZ").replace(b"tmp!", b"bXYZ")
    image = large(pictures.jpeg(icc_profile=swapped))
    red_became, _, blue_became, _ = corners(image)
    assert red_became[2] > red_became[0]
    assert blue_became[0] > blue_became[2]


@pytest.mark.parametrize("profile", [b"no profile at all", b""])
def test_a_broken_profile_is_as_good_as_none(profile: bytes) -> None:
    assert close(corners(large(pictures.jpeg(icc_profile=profile))), [RED, GREEN, BLUE, WHITE])


def test_a_profile_of_other_colours_than_the_pictures_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert close(corners(large(pictures.jpeg(icc_profile=lab))), [RED, GREEN, BLUE, WHITE])


def test_what_is_transparent_becomes_white() -> None:
    image = pictures.quadrants().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 160, 100))  # the red quadrant: black, and wholly transparent
    assert close(corners(large(pictures.encoded(image, "PNG"))), [WHITE, GREEN, BLUE, WHITE])
    assert close(corners(large(pictures.encoded(image, "WEBP", lossless=True))), [WHITE, GREEN, BLUE, WHITE])


def test_a_palettes_transparent_colour_becomes_white() -> None:
    image = pictures.quadrants().quantize(4)
    red = image.getpixel((10, 10))
    assert close(corners(large(pictures.encoded(image, "PNG", transparency=red))), [WHITE, GREEN, BLUE, WHITE])
    assert close(corners(large(pictures.encoded(image, "GIF", transparency=red))), [WHITE, GREEN, BLUE, WHITE])


def test_a_single_transparent_colour_without_a_palette_becomes_white() -> None:
    data = pictures.encoded(pictures.quadrants(), "PNG", transparency=RED)
    assert close(corners(large(data)), [WHITE, GREEN, BLUE, WHITE])


def test_grey_with_alpha_one_bit_and_sixteen_bits_become_rgb() -> None:
    grey = Image.new("LA", (100, 100), (90, 255))
    assert corners(large(pictures.encoded(grey, "PNG")))[0] == (90, 90, 90)
    assert corners(large(pictures.encoded(Image.new("1", (100, 100), 1), "PNG")))[0] == WHITE
    deep = Image.new("I;16", (100, 100), 90 * 256)
    assert corners(large(pictures.encoded(deep, "PNG")))[0] == (90, 90, 90)


def test_the_first_frame_of_an_animation_counts() -> None:
    first, second = Image.new("RGB", (100, 90), RED), Image.new("RGB", (100, 90), BLUE)
    for format in ("GIF", "WEBP"):  # noqa: A001
        data = pictures.encoded(first, format, save_all=True, append_images=[second], duration=100)
        assert close(corners(large(data))[:1], [RED]), format


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_truncated_file_is_corrupt(format: str) -> None:  # noqa: A002
    noise = Image.effect_noise((300, 300), 90).convert("RGB")
    data = pictures.encoded(noise, format)
    assert code_of(data[: len(data) // 2]) == "corrupt"
    assert code_of(data[:40]) == "corrupt"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"This is a text file whose name ends in .jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"BM is not every text that begins so",
    ],
    ids=["empty", "text", "svg", "pdf", "bm"],
)
def test_other_files_are_of_an_unsupported_format(data: bytes) -> None:
    assert code_of(data) == "unsupported_format"


def test_what_hangs_behind_a_picture_is_left_behind() -> None:
    made = renditions.large(clean(pictures.jpeg() + b"a maker's own data", renditions.LARGE_SIDE))
    assert b"a maker's own data" not in made


@pytest.mark.parametrize("size", [(79, 200), (200, 79), (2, 2)])
def test_too_few_pixels_are_too_small(size: tuple[int, int]) -> None:
    assert code_of(pictures.jpeg(*size)) == "too_small"


def test_eighty_pixels_are_enough() -> None:
    assert clean(pictures.jpeg(80, 80), renditions.LARGE_SIDE).width == 80


@pytest.mark.parametrize("size", [(10_000, 10_001), (65_500, 65_500), (2_000_000_000, 1)])
def test_a_header_that_claims_too_many_pixels_is_refused_before_any_is_decoded(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MAX_PIXELS
    data = pictures.png_claiming(*size)
    assert len(data) < 200
    assert code_of(data) == "too_large"


def test_a_header_that_claims_more_pixels_than_follow_is_corrupt() -> None:
    assert code_of(pictures.png_claiming(500, 500)) == "corrupt"
