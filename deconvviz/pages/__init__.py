"""The HTML gallery: what it says, its sheets, and the pages themselves."""

from .gallery import write_gallery

__all__ = ["write_gallery"]
