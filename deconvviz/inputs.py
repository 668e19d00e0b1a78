"""What a user may give as images → the network's input tensors."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from .errors import UnsuitableInput
from .images import Preprocess


def one_by_one(images: Any) -> Sequence[Any]:
    """A path, a PIL image, a list of them, or a tensor (N, C, H, W) or (C, H, W): one item for each image.

    Raises UnsuitableInput for anything else.
    """
    if isinstance(images, Tensor):
        batch = images[None] if images.ndim == 3 else images
        if batch.ndim != 4 or not batch.is_floating_point():
            raise UnsuitableInput(
                f"a tensor of images must be floating point (N, C, H, W), already normalised; "
                f"this one is {batch.dtype} {tuple(batch.shape)}"
            )
        items: Sequence[Any] = batch
    else:
        items = images if isinstance(images, Sequence) and not isinstance(images, str) else [images]
    if len(items) == 0:
        raise UnsuitableInput("there is no image to look at: the batch is empty")
    return items


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


def read_ahead(
    source: Sequence[Any], wanted: Sequence[int], preprocess: Preprocess | None, together: int
) -> Iterator[tuple[list[int], Tensor]]:
    """The wanted images of `source` in batches of one size each, read in threads while others are at work.

    Yields which images they are and their tensor (n, C, H, W), n ≤ `together`.
    """
    groups = [list(wanted[start : start + together]) for start in range(0, len(wanted), together)]
    with ThreadPoolExecutor() as readers:
        reading = [readers.submit(as_tensor, source[image], preprocess) for image in groups[0]] if groups else []
        for number, group in enumerate(groups):
            tensors = [one.result() for one in reading]
            if number + 1 < len(groups):
                reading = [readers.submit(as_tensor, source[image], preprocess) for image in groups[number + 1]]
            for shape in dict.fromkeys(tensor.shape for tensor in tensors):
                same = [place for place, tensor in enumerate(tensors) if tensor.shape == shape]
                yield [group[place] for place in same], torch.stack([tensors[place] for place in same])
