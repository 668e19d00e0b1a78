"""The two steps on bits equal their floating-point definitions."""

import pytest
import torch

from deconvviz.mirror.bits import positive, positive_, put_where

pytestmark = pytest.mark.quick

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]


@pytest.mark.parametrize("dtype", DTYPES)
def test_positive_is_clamping_at_zero(dtype: torch.dtype) -> None:
    signal = torch.tensor([1.5, -1.5, 0.0, -0.0, float("inf"), float("-inf"), 1e-7, -1e-7]).to(dtype)
    assert torch.equal(positive(signal), signal.clamp(min=0))
    assert not torch.signbit(positive(signal)).any()
    wide = torch.randn(2, 3, 5, 4).to(dtype).contiguous(memory_format=torch.channels_last)
    assert torch.equal(positive(wide[..., 1:, ::2]), wide[..., 1:, ::2].clamp(min=0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_positive_is_the_same_in_place(dtype: torch.dtype) -> None:
    wide = torch.randn(2, 3, 5, 4).to(dtype).contiguous(memory_format=torch.channels_last)
    expected, part = wide.clamp(min=0), wide[..., 1:, ::2].clone(memory_format=torch.preserve_format)
    assert torch.equal(positive_(part), part.clamp(min=0))
    before = wide.clone()
    assert torch.equal(positive_(wide[..., 1:, ::2]), expected[..., 1:, ::2])
    assert torch.equal(wide, before)  # with gaps in memory it is not written over
    assert positive_(wide).data_ptr() == wide.data_ptr()
    assert torch.equal(wide, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("switch", [torch.uint8, torch.int16, torch.int32])
def test_put_where_keeps_what_its_switch_says(dtype: torch.dtype, switch: torch.dtype) -> None:
    signal = torch.randn(2, 3, 4, 5).to(dtype).contiguous(memory_format=torch.channels_last)
    largest = min(torch.iinfo(switch).max, 300)
    where = torch.tensor([0, 1, 2, largest])[torch.randint(4, signal.shape)].to(switch)
    for number in (0, 1, largest):
        below = torch.full((2, 3, 8, 10), 7.0).to(dtype).contiguous(memory_format=torch.channels_last)
        put_where(signal, where, number, below[..., 1::2, ::2])
        expected = torch.where(where == number, signal, torch.zeros_like(signal))
        assert torch.equal(below[..., 1::2, ::2], expected)
        assert (below[..., ::2, :] == 7).all()
