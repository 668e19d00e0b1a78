"""A torch data set as a source of many images: whatever maps a number to a tensor, an array, a picture or a path."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ..arguments import said
from ..errors import UnsuitableInput
from .inputs import as_tensor, check_values
from .preprocess import Preprocess
from .records import Record


class DatasetImages:
    """The images of a map-style torch data set: `dataset[n]` is a tensor (C, H, W), an array, a PIL image, or a path.

    A tuple's first element counts. Floating-point tensors are taken as they are: already normalised. Names and
    classes are taken from `samples`, `targets` and `classes`, where it has them as torchvision's data sets do.
    These make its `fingerprint`, and what it gives for the first, the middle and the last number.
    """

    thread_safe = False

    def __init__(self, dataset: Any, root: str = "") -> None:
        self.dataset, self.roots = dataset, (root,)
        self._samples = getattr(dataset, "samples", None)
        self._targets, self._classes = getattr(dataset, "targets", None), getattr(dataset, "classes", None)
        digest = hashlib.sha256(f"{type(dataset).__name__} {len(self)}\n".encode())
        for number in range(len(self) if self._samples is not None else 0):
            digest.update(self.record(number).as_bytes())
        with suppress(TypeError, ValueError):  # targets that are none, or no whole numbers, say nothing
            numbers = [] if self._targets is None else [int(target) for target in self._targets]
            digest.update(repr(numbers).encode() if numbers else b"")
        for number in sorted({0, len(self) // 2, len(self) - 1}) if len(self) else ():
            digest.update(self._content(number))
        self.fingerprint = digest.hexdigest()

    def __len__(self) -> int:
        return len(self.dataset)

    def _item(self, number: int) -> Any:
        item = self.dataset[number]
        return item[0] if isinstance(item, tuple | list) else item

    def _content(self, number: int) -> bytes:
        """What tells an item from others: a tensor's or picture's bytes, a path, or why there is none."""
        try:
            item = self._item(number)
            if isinstance(item, Tensor):
                check_values(item)
        except Exception as error:  # whatever a data set raises; it will be skipped
            return type(error).__name__.encode()
        item = torch.from_numpy(np.array(item)) if isinstance(item, np.ndarray) else item
        if isinstance(item, Tensor):
            flat = item.detach().cpu().contiguous().reshape(-1)
            return f"{item.dtype} {tuple(item.shape)}".encode() + flat.view(torch.uint8).numpy().tobytes()
        if isinstance(item, Image.Image):
            return f"{item.mode} {item.size}".encode() + item.tobytes()
        return os.fsencode(item) if isinstance(item, str | os.PathLike) else type(item).__name__.encode()

    def record(self, number: int) -> Record:
        """Its name and class, as far as the data set says them."""
        name = str(self._samples[number][0]) if self._samples is not None else f"#{number}"
        category = ""
        if self._targets is not None and self._classes is not None:
            category = str(self._classes[int(self._targets[number])])
        return Record(0, "", name, category, -1, 0)

    def read(self, number: int, record: Record, preprocess: Preprocess | None) -> Tensor:
        """The image as the network's input (C, H, W). Raises UnreadableImage, UnsuitableInput."""
        try:
            return as_tensor(self._item(number), preprocess)
        except UnsuitableInput as error:
            raise UnsuitableInput(f"number {number} of the data set: {error}") from error


def listed(sources: Any) -> Any:
    """A single image or path in a list, and what one can only go through as a list; data sets as they are.

    Raises UnsuitableInput for what holds no images.
    """
    if isinstance(sources, DataLoader):
        raise UnsuitableInput("a DataLoader gives batches, no image by its number; scan its data set: loader.dataset")
    if isinstance(sources, IterableDataset) or (isinstance(sources, Dataset) and not hasattr(sources, "__len__")):
        raise UnsuitableInput(
            f"a {type(sources).__name__} has no length and gives no image by its number; scan a list of its images"
        )
    several = isinstance(sources, Tensor | np.ndarray) and sources.ndim >= 4
    if isinstance(sources, str | os.PathLike | Image.Image | Tensor | np.ndarray) and not several:
        return [sources]
    if isinstance(sources, bytes | Mapping) or not (_by_number(sources) or isinstance(sources, Iterable)):
        raise UnsuitableInput(f"images={said(sources)}: a folder, files, a data set or a list of pictures is needed")
    return sources if _by_number(sources) else list(sources)


def by_number(sources: Any) -> Any:
    """A data set, or pictures in a list, an array or a tensor; None for a list of paths. Raises UnsuitableInput."""
    if not isinstance(sources, list | tuple):
        return sources
    other = next((one for one in sources if not isinstance(one, str | os.PathLike)), None)
    if other is None and None not in sources:
        return None
    if not isinstance(other, Image.Image | Tensor | np.ndarray):
        raise UnsuitableInput(f"images={said(sources)}: {said(other)} is no image, and no path to one")
    return sources


def _by_number(sources: Any) -> bool:
    return hasattr(sources, "__getitem__") and hasattr(sources, "__len__")
