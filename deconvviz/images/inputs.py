"""What a user may give as images → the network's input tensors."""

import math
import os
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ..errors import UnsuitableInput
from .preprocess import Preprocess


def one_by_one(images: Any, preprocess: Preprocess | None = None) -> Sequence[Any]:
    """A path, PIL image, array or tensor, or a sequence of them: one item for each image.

    A tensor of four dimensions (N, C, H, W), or an array (N, H, W, C), is N images. A sequence of the user's
    own is read from threads. Raises UnsuitableInput for anything else; warns of tensors, one by one or in a
    batch, a list or a tuple, that look as if `preprocess` should have made them and did not.
    """
    if isinstance(images, Tensor):
        grey = images.ndim == 2 and images.dtype == torch.uint8  # as MNIST's
        batch = images[None, None] if grey else images[None] if images.ndim == 3 else images
        check_values(batch)
        if batch.ndim != 4 or not (batch.is_floating_point() or batch.dtype == torch.uint8):
            raise UnsuitableInput(
                f"a tensor of images is floating point (N, C, H, W), already normalised, or uint8, a picture that "
                f"deconvviz normalises; this one is {images.dtype} {tuple(images.shape)}"
            )
        warn_of_pictures([batch], preprocess)
        items: Any = batch
    elif isinstance(images, np.ndarray):
        items = images if images.ndim == 4 else [images]
    else:
        items = images if isinstance(images, Sequence) and not isinstance(images, str | bytes | bytearray) else [images]
        if isinstance(items, list | tuple):
            tensors = [item for item in items if isinstance(item, Tensor)]
            for tensor in tensors:
                check_values(tensor)
            warn_of_pictures(tensors, preprocess)
    if len(items) == 0:
        raise UnsuitableInput("there is no image to look at: the batch is empty")
    return items  # type: ignore[no-any-return]


def as_tensor(image: Any, preprocess: Preprocess | None) -> Tensor:
    """One image → (C, H, W), normalised. Raises UnreadableImage, UnsuitableInput.

    Floating-point tensors are taken as they are: whoever makes them has normalised them. Everything else
    is a picture, which `preprocess` resizes and normalises.
    """
    if isinstance(image, Tensor):
        check_values(image)
    if isinstance(image, Tensor) and image.dtype != torch.uint8:
        if image.ndim != 3 or not image.is_floating_point():
            raise UnsuitableInput(
                f"a tensor in a list of images must be floating point (C, H, W), already normalised; "
                f"this one is {image.dtype} {tuple(image.shape)}"
            )
        return image
    if isinstance(image, Tensor):
        if image.ndim == 3 and image.shape[0] not in (1, 3, 4):
            raise UnsuitableInput(
                f"a uint8 tensor is a picture (3, H, W), channels first; this one is {tuple(image.shape)}"
                + ("; an array (H, W, 3) is taken as it is" if image.shape[2] in (1, 3, 4) else "")
                + "; many grey ones are (N, 1, H, W)"
            )
        image = image.permute(1, 2, 0).cpu().numpy() if image.ndim == 3 else image.cpu().numpy()
    if isinstance(image, np.ndarray):
        image = from_array(image)
    if not isinstance(image, str | os.PathLike | Image.Image):
        raise UnsuitableInput(
            "an image is a path, a PIL image, an array (H, W, C) or a tensor (N, C, H, W), "
            f"not {type(image).__name__}{_instead_of(image)}"
        )
    if preprocess is None:
        raise UnsuitableInput(
            "pictures need a preprocessing: give DeconvNet(net, preprocess=Preprocess(size, mean, std)), "
            "or a floating-point tensor (N, C, H, W) that you have normalised yourself"
        )
    return preprocess(image)


def check_values(tensor: Tensor) -> None:
    """Raise UnsuitableInput for a tensor whose values do not lie one beside the other in memory, or nowhere."""
    ways = {
        "on the meta device": (tensor.is_meta, "it has a shape but no values"),
        "nested": (tensor.is_nested, "give a list of its tensors: tensor.unbind()"),
        "quantised": (tensor.is_quantized, "make it one of numbers: tensor.dequantize()"),
        str(tensor.layout): (tensor.layout != torch.strided, "make it a dense one: tensor.to_dense()"),
    }
    for kind, (it_is, way) in ways.items():
        if it_is:
            raise UnsuitableInput(f"an image is a dense tensor, and this one is {kind}; {way}")


def _instead_of(given: Any) -> str:
    """What to give in place of something that holds images, but is none."""
    if isinstance(given, torch.utils.data.DataLoader):
        return ": give its batches one by one, or scan(model, loader.dataset)"
    if isinstance(given, torch.utils.data.Dataset):
        return ": give some of its images, [dataset[n][0] for n in …], or scan(model, dataset)"
    if isinstance(given, bytes | bytearray):
        return ": open what they encode, PIL.Image.open(io.BytesIO(data))"
    return ": give a list of images, list(…)" if isinstance(given, Iterable) else ""


def warn_of_pictures(tensors: Iterable[Tensor], preprocess: Preprocess | None) -> None:
    """Warn of tensors that are likely pictures which nobody has normalised: all in [0, 1], or all in [0, 255]."""
    if preprocess is None or not any(preprocess.mean):
        return
    low, high = math.inf, -math.inf
    for tensor in tensors:
        if tensor.is_floating_point() and tensor.numel():
            edges = [float(edge) for edge in tensor.detach().aminmax()]
            low, high = min(low, edges[0]), max(high, edges[1])
        if low < 0:
            return
    if low < high and (high <= 1 or 20 < high <= 255):
        warnings.warn(
            f"this tensor lies in [0, {1 if high <= 1 else 255}], as pictures do before they are normalised, and "
            "tensors are taken as normalised already; give the picture (path, PIL image, array, uint8 tensor): "
            "deconvviz does it",
            stacklevel=_outside(),
        )


def _outside() -> int:
    """The `stacklevel` of whoever called deconvviz, so that a warning shows their line, and comes once for it."""
    package, level, frame = __name__.partition(".")[0], 1, sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(f"{package}."):
        level, frame = level + 1, frame.f_back
    return level


def from_array(array: NDArray[Any]) -> Image.Image:
    """A picture held in an array: (H, W) or (H, W, 1, 3 or 4), uint8, or floating point in [0, 1].

    Raises UnsuitableInput for any other, and says who normalises what.
    """
    shape, facts = array.shape, f"this array is {array.dtype} {array.shape}"
    whose = "deconvviz normalises pictures; what you have normalised yourself goes in as a tensor (N, C, H, W)"
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3, 4)):
        raise UnsuitableInput(f"a picture in an array is (H, W) or (H, W, 3), channels last; {facts}; {whose}")
    if min(shape[:2]) < 1:
        raise UnsuitableInput(f"a picture has pixels; {facts}")
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise UnsuitableInput(
                f"a picture in an array of floating-point numbers lies in [0, 1]; {facts}, "
                f"{low:.3g} to {high:.3g}; {whose}: torch.from_numpy(a).permute(2, 0, 1)"
            )
        array = (array * 255).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise UnsuitableInput(f"a picture in an array is uint8, or floating point in [0, 1]; {facts}; {whose}")
    return Image.fromarray(array[..., 0] if len(shape) == 3 and shape[2] == 1 else array)


def as_batch(images: Any, preprocess: Preprocess | None, progress: bool = False) -> Tensor:
    """Images → (N, C, H, W), normalised; `progress` shows the reading. Raises UnreadableImage, UnsuitableInput."""
    items: Any = one_by_one(images, preprocess)
    if isinstance(items, Tensor) and items.is_floating_point():
        return items
    tensors = [as_tensor(image, preprocess) for image in tqdm(items, unit="image", disable=not progress)]
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
