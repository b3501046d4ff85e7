"""The version of textcount. The build and the site read it from this file."""

__version__ = "1.9.0"
