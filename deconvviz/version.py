"""Which deconvviz this is: pages, pictures and indexes say it."""

__version__ = "0.2.0"
