"""What a check is made of: it raises where something other came than was expected."""

from collections.abc import Callable
from typing import Any

# The rest of a long message adds nothing.
LONGEST = 400


class Wrong(Exception):
    """Something other came than was expected."""


def expect(what: str, came: Any, expected: Any) -> None:
    if came != expected:
        raise Wrong(f"{what}: expected {expected!r}, came {came!r}")


def expect_error(what: str, kind: type[Exception], call: Callable[[], Any]) -> Exception:
    """The error of a call, which is one of this kind."""
    try:
        came = call()
    except kind as error:
        return error
    except Exception as error:
        raise Wrong(f"{what}: expected {kind.__name__}, came {described(error)}") from error
    raise Wrong(f"{what}: expected {kind.__name__}, came {came!r}")


def failure_of(check: Callable[[], None]) -> str | None:
    """Why a check fails, on one line; none where it holds."""
    try:
        check()
    except Wrong as wrong:
        return shortened(str(wrong))
    except Exception as error:
        return f"expected no error, came {described(error)}"
    return None


def described(error: Exception) -> str:
    return shortened(f"{type(error).__name__} {error}")


def shortened(text: str) -> str:
    return " ".join(text.split())[:LONGEST]
