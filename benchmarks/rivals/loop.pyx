# cython: language_level=3, boundscheck=False
"""Counting words with Cython, in two ways."""


def the_loop(str contents, str needle):
    """The loop of textcount 1.0, with types."""
    cdef Py_ssize_t count = 0
    cdef str line, word
    for line in contents.splitlines():
        for word in line.split():
            if word == needle:
                count += 1
    return count


def by_characters(str contents, str needle):
    """Character by character, as one writes it in C."""
    cdef Py_ssize_t count = 0, length = len(needle), size = len(contents)
    cdef Py_ssize_t start = 0, place, index
    for place in range(size + 1):
        if place < size and not contents[place].isspace():
            continue
        if place - start == length and length:
            for index in range(length):
                if contents[start + index] != needle[index]:
                    break
            else:
                count += 1
        start = place + 1
    return count
