from mmap import mmap

__all__ = ["__version__", "_count_on", "_count_part", "count_occurrences"]

__version__: str

def count_occurrences(contents: str | bytes, needle: str) -> int: ...

# For tests and benchmarks: the paths that this processor has, and counting on one.

_kernels: tuple[str, ...]

def _count_on(kernel: str, contents: str | bytes, needle: str) -> int: ...

# For blocks of files: counting in contents[start:stop], without a copy. Nobody may
# change contents meanwhile.

def _count_part(contents: bytes | mmap, start: int, stop: int, needle: str) -> int: ...
