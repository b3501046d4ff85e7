"""The version, which pyproject.toml, setup.py and the backend read."""

__version__ = "1.1.0"
