"""What is a picture, and many of them in one order.

Here live the two borders of an image, from a file (`pictures`: `read_image`) to a tensor and back to a picture
(`preprocess`: `Preprocess`; `transforms` reads those of others), what a user may give as images (`inputs`), and where
many images lie: folders, lists, tar shards, data sets, the embedded world (`sources`, `archives`, `datasets`,
`records`). This wing never knows which network the pictures are for.
"""

from .inputs import as_batch, one_by_one, read_by_shape
from .pictures import ImageSource, read_image
from .preprocess import Preprocess, a_preprocess, picture
from .records import Records
from .sources import AnyImages, Images, find_images, is_embedded, printable, reopen

__all__ = [
    "AnyImages",
    "ImageSource",
    "Images",
    "Preprocess",
    "Records",
    "a_preprocess",
    "as_batch",
    "find_images",
    "is_embedded",
    "one_by_one",
    "picture",
    "printable",
    "read_by_shape",
    "read_image",
    "reopen",
]
