"""Read plain values by declared types, as a checkpoint holds them.

Nothing is imported: a class is looked up by its name in a table that the caller gives.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import partial
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from torch import Tensor

from action_rec.errors import InputError

REMEDY = "give a .ckpt file that fit wrote"


@dataclass(frozen=True)
class TypedReader:
    """Check values against types, and build the objects that the types ask for.

    Integers must not be negative and floats not NaN. A dictionary becomes a dataclass, which takes
    no other keys than its fields, or stays a dictionary (`TypedDict`), which may have more.

    Attributes:
        classes: The classes that may be constructed, by the paths that name them.
        largest: The largest integer.
    """

    classes: Mapping[str, type[Any]] = field(default_factory=dict)
    largest: int = 2**63 - 1

    def read(self, value: Any, kind: Any, where: str) -> Any:  # noqa: ANN401
        """Return the object of type `kind` that `value` describes.

        Args:
            value: A tree of plain values and tensors.
            kind: A type as annotations have it.
            where: What the value is, for messages.

        Raises:
            InputError: It is of another type, or names a class that is not in the table.
        """
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is Any:
            return value
        if origin in (Union, types.UnionType):
            return self._read_union(value, arguments, where)
        if origin is Literal:
            return _expect(value, isinstance(value, str) and value in arguments, kind, where)
        if origin is not None and issubclass(origin, Callable):  # type: ignore[arg-type]
            return self.factory(value, arguments[1], len(arguments[0]), where)
        if origin in (list, tuple):
            return self._read_sequence(value, kind, where)
        if origin is dict:
            return self._read_dict(value, arguments, where)
        if is_typeddict(kind) or is_dataclass(kind):
            return self._read_record(value, kind, where)
        return _expect(value, self._is_plain(value, kind), kind, where)

    def factory(self, value: Any, base: Any, skipped: int, where: str) -> partial[Any]:  # noqa: ANN401
        """Return what constructs the class that `value` names.

        Args:
            value: A class path, or a dictionary of ``class_path`` and ``init_args``.
            base: What the class must be a subclass of; one class or several.
            skipped: Parameters of its constructor that the caller gives later.
            where: What the value is, for messages.

        Raises:
            InputError: It names another class, or its arguments are not those of the constructor.
        """
        described: Any = {"class_path": value} if isinstance(value, str) else value
        _expect(described, isinstance(described, dict), "a class path", where)
        path, given = described.get("class_path"), described.get("init_args", {})
        chosen: Any = self.classes.get(path) if isinstance(path, str) else None
        if chosen is None or not issubclass(chosen, base):
            raise InputError(
                f"{where} names {shown(path)}, which is not one of the classes that a command "
                f"builds from a checkpoint; {REMEDY}, and that you trust"
            )
        _expect(given, isinstance(given, dict), "a dictionary of arguments", f"{where}.init_args")
        parameters = list(inspect.signature(chosen).parameters.values())[skipped:]
        unknown = described.keys() - {"class_path", "init_args"}
        unknown |= given.keys() - {one.name for one in parameters}
        if unknown:
            raise InputError(f"{where} has the unknown key {_first(unknown)}; {REMEDY}")
        arguments = self._arguments(chosen, parameters, given, where)
        return partial(chosen, **arguments)

    def _arguments(
        self,
        chosen: type[Any],
        parameters: list[inspect.Parameter],
        given: dict[str, Any],
        where: str,
    ) -> dict[str, Any]:
        hints = get_type_hints(chosen.__init__)
        arguments = {}
        for one in parameters:
            if one.name in given:
                place = f"{where}.{one.name}"
                arguments[one.name] = self.read(given[one.name], hints[one.name], place)
            elif one.default is one.empty:
                raise InputError(f"{where} lacks '{one.name}'; {REMEDY}")
        return arguments

    def _read_union(self, value: Any, kinds: tuple[Any, ...], where: str) -> Any:  # noqa: ANN401
        errors = []
        for kind in sorted(kinds, key=lambda kind: kind is not types.NoneType):
            try:
                return self.read(value, kind, where)
            except InputError as error:
                errors.append(error)
        raise errors[-1]

    def _read_sequence(self, value: Any, kind: Any, where: str) -> Any:  # noqa: ANN401
        origin, kinds = get_origin(kind), get_args(kind)
        _expect(value, isinstance(value, list | tuple), "a list", where)
        if origin is list or kinds[-1] is ...:
            kinds = (kinds[0],) * len(value)
        _expect(value, len(value) == len(kinds), f"a list of {len(kinds)}", where)
        pairs = enumerate(zip(value, kinds, strict=True))
        return origin([self.read(one, kind, f"{where}[{i}]") for i, (one, kind) in pairs])

    def _read_dict(self, value: Any, kinds: tuple[Any, ...], where: str) -> dict[Any, Any]:  # noqa: ANN401
        _expect(value, isinstance(value, dict), "a dictionary", where)
        return {
            self.read(key, kinds[0], f"a key of {where}"): self.read(
                one, kinds[1], f"{where}.{shown(key)}"
            )
            for key, one in value.items()
        }

    def _read_record(self, value: Any, kind: Any, where: str) -> Any:  # noqa: ANN401
        _expect(value, isinstance(value, dict), "a dictionary", where)
        hints = get_type_hints(kind)
        closed = is_dataclass(kind)
        unknown = value.keys() - hints.keys()
        if closed and unknown:
            raise InputError(f"{where} has the unknown key {_first(unknown)}; {REMEDY}")
        needed = _required(kind)
        for name in sorted(needed - value.keys()):
            raise InputError(f"{where} lacks '{name}'; {REMEDY}")
        known = [name for name in hints if name in value]
        read = {name: self.read(value[name], hints[name], f"{where}.{name}") for name in known}
        return kind(**read) if closed else {**value, **read}

    def _is_plain(self, value: Any, kind: Any) -> bool:  # noqa: ANN401
        if kind in (None, types.NoneType):
            return value is None
        if kind is int:
            return type(value) is int and 0 <= value <= self.largest
        if kind is float:
            return type(value) in (int, float) and value == value
        if kind is Tensor:
            return isinstance(value, Tensor)
        return type(value) is kind


def _required(kind: Any) -> set[str]:  # noqa: ANN401
    if is_typeddict(kind):
        return set(kind.__required_keys__)
    absent = (MISSING, MISSING)
    return {one.name for one in fields(kind) if (one.default, one.default_factory) == absent}


def _first(names: Any) -> str:  # noqa: ANN401 (a set of what may be no texts)
    return shown(min(map(str, names)))


def _expect(value: Any, good: bool, kind: Any, where: str) -> Any:  # noqa: ANN401
    if good:
        return value
    raise InputError(f"{where} is {shown(value)}, but {_described(kind)} is needed; {REMEDY}")


def _described(kind: Any) -> str:  # noqa: ANN401
    if isinstance(kind, str):
        return kind
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(repr, get_args(kind)))
    names = {int: "an integer of at least 0", float: "a number", bool: "true or false"}
    names |= {str: "a text", Tensor: "a tensor", types.NoneType: "null"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def shown(value: Any) -> str:  # noqa: ANN401
    """A value for a message: on one line, short, without control characters."""
    if value is None or isinstance(value, bool | int | float | str):
        text = ascii(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"a {type(value).__name__.lower()}"
