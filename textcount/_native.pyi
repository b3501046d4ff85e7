__all__ = ["__version__", "count_occurrences"]

__version__: str

def count_occurrences(contents: str | bytes, needle: str) -> int: ...
