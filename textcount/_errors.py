"""The wording of the errors that every function of the package shares."""


def wrong_type(function: str, argument: str, expected: str, value: object) -> TypeError:
    """The ``TypeError`` for an argument of a type that the function does not take."""
    given = type(value).__name__
    return TypeError(f"{function}() argument {argument!r} must be {expected}, not {given}")


def wrong_contents(value: object) -> TypeError:
    """The ``TypeError`` for contents that are neither ``str`` nor ``bytes``."""
    error = wrong_type("count_occurrences", "contents", "str or bytes", value)
    return TypeError(f"{error}; pass bytes(contents)") if _is_buffer(value) else error


def _is_buffer(value: object) -> bool:
    try:
        with memoryview(value):  # type: ignore[arg-type]
            return True
    except TypeError:
        return False
    except Exception:  # a buffer, but released, closed or exported by someone else
        return True
