"""Elementwise steps of the mirror, done on the bits of floating-point numbers.

`signal.clamp(min=0)` and `signal * (switches == number)` say the same. But they are most of what the way
down does beside filtering, and torch works on integers two to four times faster here: bfloat16 is not
converted to float32 and back, and comparing with a number and multiplying by booleans are slow.
"""

import torch
from torch import Tensor

_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def positive(signal: Tensor) -> Tensor:
    """`max(s, 0)`: negative numbers are those whose first bit is set, as in integers."""
    integers = _INTEGERS[signal.element_size()]
    return signal.view(integers).clamp(min=0).view(signal.dtype)


def positive_(signal: Tensor) -> Tensor:
    """The same, written over the signal; one with gaps in memory is copied, as the filter below would do anyway."""
    if not (signal.is_contiguous() or (signal.ndim == 4 and signal.is_contiguous(memory_format=torch.channels_last))):
        return positive(signal)
    return signal.view(_INTEGERS[signal.element_size()]).clamp_(min=0).view(signal.dtype)


def put_where(signal: Tensor, switches: Tensor, number: int, place: Tensor) -> None:
    """The signal where its switch is `number`, zero elsewhere, written to `place`, a view of the map below."""
    integers = _INTEGERS[signal.element_size()]
    torch.bitwise_and(signal.view(integers), _mask(switches, number).to(integers), out=place.view(integers))


def kept_where(signal: Tensor, mask: Tensor) -> Tensor:
    """The signal where a mask of the same shape, uint8, is 1, zero where it is 0."""
    integers = _INTEGERS[signal.element_size()]
    return (signal.view(integers) & mask.view(torch.int8).neg().to(integers)).view(signal.dtype)


def _mask(switches: Tensor, number: int) -> Tensor:
    """All bits (−1) where the switch is `number`, none (0) elsewhere."""
    differs = (switches ^ number).clamp_(max=1)
    return differs.sub_(1).view(torch.int8 if switches.dtype == torch.uint8 else switches.dtype)
