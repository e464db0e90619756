"""Make photograph.jpg: `python local/demo/make_photograph.py`. ORIGIN.md says what the picture is and whose.

The picture is stored the way a phone held upright stores it: the pixels lie on their side, EXIF orientation 6 says how
to turn them, and EXIF tells the camera and the place as well. What becomes of these three is what the demo shows.
"""

from pathlib import Path
from typing import Final

import skimage
from PIL import ExifTags, Image

TARGET: Final = Path(__file__).parent / "photograph.jpg"
SOURCE: Final = Path(skimage.__file__).parent / "data" / "astronaut.png"

# The visitor complex of the Kennedy Space Center, 28.5234 N 80.6819 W: a public place, not where the picture was taken.
LATITUDE: Final = (28.0, 31.0, 24.2)
LONGITUDE: Final = (80.0, 40.0, 54.8)


def make() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Gazette"
    exif[ExifTags.Base.Model] = "Demo Camera"
    exif[ExifTags.Base.Orientation] = 6
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = LATITUDE
    place[ExifTags.GPS.GPSLongitudeRef] = "W"
    place[ExifTags.GPS.GPSLongitude] = LONGITUDE
    with Image.open(SOURCE) as upright:
        # Orientation 6 is undone by a quarter turn clockwise, so the pixels are turned counterclockwise.
        lying = upright.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    lying.save(TARGET, quality=92, exif=exif)


if __name__ == "__main__":
    make()
