"""Windows of recorded tensors: what is cut out, and what is whole."""

import pytest
import torch

from deconvviz.mirror.signals import cut
from deconvviz.mirror.window import Windows

pytestmark = pytest.mark.quick

RECORDED = torch.arange(2 * 3 * 5 * 6.0).view(2, 3, 5, 6)
IMAGES = torch.tensor([1, 0, 1])


def test_without_windows_or_without_places_all_of_an_image_is_taken() -> None:
    windows = Windows(torch.tensor([[1, 2]] * 3), (2, 2))
    assert torch.equal(cut(RECORDED, (2, 3), IMAGES, None), RECORDED[IMAGES])
    assert torch.equal(cut(RECORDED, None, IMAGES, windows), RECORDED[IMAGES])
    assert torch.equal(cut(RECORDED[..., 0, 0], (2, 3), IMAGES, windows), RECORDED[IMAGES][..., 0, 0])


@pytest.mark.parametrize("origins", [[(1, 2)] * 3, [(0, 0), (3, 4), (1, 2)], [(-1, 2), (4, 5), (0, -1)]])
def test_a_window_of_each_image_whose_border_repeats(origins: list[tuple[int, int]]) -> None:
    found = cut(RECORDED, (2, 3), IMAGES, Windows(torch.tensor(origins), (2, 2)))
    for part, image, (top, left) in zip(found, IMAGES.tolist(), origins, strict=True):
        for row in range(2):
            for column in range(2):
                at = min(max(top + row, 0), 4), min(max(left + column, 0), 5)
                assert torch.equal(part[:, row, column], RECORDED[image, :, at[0], at[1]])
