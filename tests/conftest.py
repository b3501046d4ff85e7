"""Settings of every test."""

from hypothesis import settings

settings.register_profile("textcount", deadline=None, print_blob=True)
settings.load_profile("textcount")
