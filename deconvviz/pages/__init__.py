"""Static HTML pages: Jinja2 templates with autoescape, one stylesheet, relative links, no network."""

from .writer import write_demo_page

__all__ = ["write_demo_page"]
