"""The mirror rules that come with deconvviz; importing this package enters them in `mirror.RULES`."""

from . import averages, joins, paper, reshapes

__all__ = ["averages", "joins", "paper", "reshapes"]
