"""What a user may give as images → the network's input tensors."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from .errors import UnsuitableInput
from .images import Preprocess


def one_by_one(images: Any) -> Sequence[Any]:
    """A path, a PIL image, a sequence of them, or a tensor (N, C, H, W) or (C, H, W): one item for each image.

    A sequence of the user's own is read from threads. Raises UnsuitableInput for anything else.
    """
    if isinstance(images, Tensor):
        batch = images[None] if images.ndim == 3 else images
        if batch.ndim != 4 or not batch.is_floating_point():
            raise UnsuitableInput(
                f"a tensor of images must be floating point (N, C, H, W), already normalised; "
                f"this one is {batch.dtype} {tuple(batch.shape)}"
            )
        items: Any = batch
    else:
        items = images if isinstance(images, Sequence) and not isinstance(images, str) else [images]
    if len(items) == 0:
        raise UnsuitableInput("there is no image to look at: the batch is empty")
    return items  # type: ignore[no-any-return]


def as_tensor(image: Any, preprocess: Preprocess | None) -> Tensor:
    """One image → (C, H, W), normalised. Raises UnreadableImage, UnsuitableInput."""
    if isinstance(image, Tensor):
        if image.ndim != 3 or not image.is_floating_point():
            raise UnsuitableInput(
                f"a tensor in a list of images must be floating point (C, H, W), already normalised; "
                f"this one is {image.dtype} {tuple(image.shape)}"
            )
        return image
    if not isinstance(image, str | os.PathLike | Image.Image):
        raise UnsuitableInput(
            f"an image is a path, a PIL image or a tensor (N, C, H, W), not {type(image).__name__}; "
            "turn arrays into PIL images (Image.fromarray) or into normalised tensors"
        )
    if preprocess is None:
        raise UnsuitableInput(
            "pictures need a preprocessing: give DeconvNet(net, preprocess=Preprocess(size, mean, std)), "
            "or a tensor (N, C, H, W) that you have normalised yourself"
        )
    return preprocess(image)


def as_batch(images: Any, preprocess: Preprocess | None) -> Tensor:
    """Images → (N, C, H, W), normalised. Raises UnreadableImage, UnsuitableInput."""
    if isinstance(images, Tensor):
        return torch.as_tensor(one_by_one(images))
    tensors = [as_tensor(image, preprocess) for image in one_by_one(images)]
    if len({tensor.shape for tensor in tensors}) > 1:
        raise UnsuitableInput(
            "the pictures have different sizes and this preprocessing keeps them: give them one by one, "
            "or a Preprocess with a size"
        )
    return torch.stack(tensors)


READ_BYTES = 128 * 2**20
"""How many bytes of images are held at a time."""

READ_AHEAD = 16
"""How many images are read in threads while others are at work."""


def read_by_shape(
    source: Sequence[Any], wanted: Sequence[int], preprocess: Preprocess | None
) -> Iterator[dict[int, Tensor]]:
    """The wanted images of `source`, some at a time: those of one shape together, tensors (C, H, W) by number.

    Images are read in threads, in order, while the caller works on those before.
    """
    with ThreadPoolExecutor() as readers:
        coming, reading = iter(wanted), deque[tuple[int, Future[Tensor]]]()

        def read_on() -> None:
            for number in islice(coming, READ_AHEAD - len(reading)):
                reading.append((number, readers.submit(lambda n: as_tensor(source[n], preprocess), number)))

        held: dict[int, Tensor] = {}
        read_on()
        while reading:
            number, one = reading.popleft()
            held[number] = one.result()
            read_on()
            if not reading or sum(tensor.nbytes for tensor in held.values()) >= READ_BYTES:
                for shape in dict.fromkeys(tensor.shape for tensor in held.values()):
                    yield {n: tensor for n, tensor in held.items() if tensor.shape == shape}
                held = {}
