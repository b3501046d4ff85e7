"""Built as pyproject.toml says."""

from setuptools import setup

setup()
