"""The version of textcount, which the build, the extension and the site read here."""

__version__ = "1.5.0"
