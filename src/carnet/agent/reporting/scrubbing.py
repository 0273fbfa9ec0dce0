"""What of a report may leave the program: names and numbers. Text that could be code, a prompt or a path stays here."""

from __future__ import annotations

import math
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from traceback import FrameSummary
    from types import FrameType, TracebackType

NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:[.-][a-zA-Z0-9_]+)*", re.ASCII)
WORD = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_:+-]|\.(?=\d))*", re.ASCII)
"""One word, or a version; no slash, no space, and no dot before a letter, so no path and no file name."""
LONGEST_NAME, LONGEST_WORD, MOST_ATTRIBUTES = 80, 48, 16
MOST_WHOLE = 1 << 63
CHAIN, FRAMES = 5, 60
"""Exceptions of one chain, and frames of one exception, that are told."""
FOREIGN = "Exception"


def is_name(text: object) -> bool:
    """Whether a metric, an event or an attribute may be called this."""
    return isinstance(text, str) and len(text) <= LONGEST_NAME and _fits(NAME, text)


@lru_cache(maxsize=4096)
def _fits(pattern: re.Pattern[str], text: str) -> bool:
    """Remembered, since a program says the same few names all the time; only short texts come here."""
    return pattern.fullmatch(text) is not None


def number(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        told = float(value)
    except OverflowError:
        return None
    return told if math.isfinite(told) else None


def attributes(given: Mapping[str, object] | None) -> tuple[tuple[str, str | int | float | bool], ...]:
    """The attributes that are names with numbers, switches or single words; all others are left out."""
    found = [
        (name, told) for name, value in (given or {}).items() if is_name(name) and (told := _plain(value)) is not None
    ]
    return tuple(sorted(found, key=lambda pair: pair[0]))[:MOST_ATTRIBUTES]


def _plain(value: object) -> str | int | float | bool | None:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_WORD and _fits(WORD, value) else None
    if isinstance(value, bool | int) and -MOST_WHOLE < value < MOST_WHOLE:
        return value
    return number(value)


def exceptions(error: BaseException, own: tuple[str, ...]) -> list[dict[str, object]]:
    """Type names and own frames of an exception and its causes, the first cause first; no message, no line, no file."""
    chain: list[dict[str, object]] = []
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen and len(chain) < CHAIN:
        seen.add(id(here))
        frames = [one for frame in _frames(here.__traceback__) if (one := _told(frame, own))]
        chain.append(_exception(type_name(type(here), own), frames))
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
    return chain[::-1]


def _exception(name: str, frames: list[dict[str, object]]) -> dict[str, object]:
    return {"type": name, **({"stacktrace": {"frames": frames[-FRAMES:]}} if frames else {})}


def type_name(kind: type[BaseException], own: tuple[str, ...]) -> str:
    """The name of the nearest class that Python or an own package defines: another's may tell what it works on."""
    return next((base.__name__ for base in kind.__mro__ if _nameable(base.__module__, own)), FOREIGN)


def _nameable(module: str, own: tuple[str, ...]) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names or is_own(module, own)


def is_own(module: str, own: tuple[str, ...]) -> bool:
    """Whether a module lies in an own package."""
    return any(module == name or module.startswith(f"{name}.") for name in own)


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _told(frame: FrameType, own: tuple[str, ...]) -> dict[str, object] | None:
    """Module and function. A module may claim any name, so its code must also come from where that package lies."""
    module = frame.f_globals.get("__name__")
    if not isinstance(module, str) or not is_own(module, own) or not _lies_there(frame, module):
        return None
    return told(module, frame.f_code.co_name)


def _lies_there(frame: FrameType, module: str) -> bool:
    known = getattr(sys.modules.get(module), "__file__", None)
    return known is not None and known == frame.f_code.co_filename


def told(module: str, function: str) -> dict[str, object]:
    """A frame as it is sent."""
    name = function if function.isidentifier() else function if function in {"<module>", "<lambda>"} else "<other>"
    return {"module": module, "function": name, "in_app": True}


def from_trace(summaries: list[FrameSummary], own: tuple[str, ...]) -> list[dict[str, object]]:
    """The same of frames that were only written down (`crash.py`), by where their file lies."""
    places = {file: name for name, file in _own_files(own)}
    return [told(places[one.filename], one.name) for one in summaries if one.filename in places]


def _own_files(own: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and is_own(name, own):
            yield name, file
