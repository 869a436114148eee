"""Gives back what it is given."""

from typing import List, Optional, Tuple, TypeVar

from componentize_py_types import Err, Result, Some
from wit_world import exports
from wit_world.exports.shapes_echo import (
    Anything, Bits, Months, Permissions, Point, Ragged, Segment, Shape, Suit,
)

Good = TypeVar("Good")
Bad = TypeVar("Bad")


class ShapesEcho(exports.ShapesEcho):
    """The interface `demo:echo/shapes-echo`.

    A result comes in as an `Ok` or an `Err`, and goes out as the value that is returned or the `Err` that is raised.
    """

    def echo_point(self, value: Point) -> Point:
        return value

    def echo_segment(self, value: Segment) -> Segment:
        return value

    def echo_ragged(self, value: Ragged) -> Ragged:
        return value

    def echo_shape(self, value: Shape) -> Shape:
        return value

    def echo_suit(self, value: Suit) -> Suit:
        return value

    def echo_permissions(self, value: Permissions) -> Permissions:
        return value

    def echo_months(self, value: Months) -> Months:
        return value

    def echo_bits(self, value: Bits) -> Bits:
        return value

    def echo_anything(self, value: Anything) -> Anything:
        return value

    def echo_bool(self, value: bool) -> bool:
        return value

    def echo_s8(self, value: int) -> int:
        return value

    def echo_u8(self, value: int) -> int:
        return value

    def echo_s16(self, value: int) -> int:
        return value

    def echo_u16(self, value: int) -> int:
        return value

    def echo_s32(self, value: int) -> int:
        return value

    def echo_u32(self, value: int) -> int:
        return value

    def echo_s64(self, value: int) -> int:
        return value

    def echo_u64(self, value: int) -> int:
        return value

    def echo_f32(self, value: float) -> float:
        return value

    def echo_f64(self, value: float) -> float:
        return value

    def echo_char(self, value: str) -> str:
        return value

    def echo_string(self, value: str) -> str:
        return value

    def echo_list_u8(self, value: bytes) -> bytes:
        return value

    def echo_list_s64(self, value: List[int]) -> List[int]:
        return value

    def echo_list_f32(self, value: List[float]) -> List[float]:
        return value

    def echo_list_bool(self, value: List[bool]) -> List[bool]:
        return value

    def echo_list_char(self, value: List[str]) -> List[str]:
        return value

    def echo_list_string(self, value: List[str]) -> List[str]:
        return value

    def echo_list_list_u16(self, value: List[List[int]]) -> List[List[int]]:
        return value

    def echo_list_segment(self, value: List[Segment]) -> List[Segment]:
        return value

    def echo_list_shape(self, value: List[Shape]) -> List[Shape]:
        return value

    def echo_list_option_u64(self, value: List[Optional[int]]) -> List[Optional[int]]:
        return value

    def echo_tuple_u8(self, value: Tuple[int]) -> Tuple[int]:
        return value

    def echo_tuple_u8_string(self, value: Tuple[int, str]) -> Tuple[int, str]:
        return value

    def echo_tuple_bool_s64_tuple_f32_char_list_string(
        self, value: Tuple[bool, int, Tuple[float, str], List[str]]
    ) -> Tuple[bool, int, Tuple[float, str], List[str]]:
        return value

    def echo_option_string(self, value: Optional[str]) -> Optional[str]:
        return value

    def echo_option_option_u32(self, value: Optional[Some[Optional[int]]]) -> Optional[Some[Optional[int]]]:
        return value

    def echo_option_option_option_point(
        self, value: Optional[Some[Optional[Some[Optional[Point]]]]]
    ) -> Optional[Some[Optional[Some[Optional[Point]]]]]:
        return value

    def echo_result_u64_string(self, value: Result[int, str]) -> int:
        return returned(value)

    def echo_result_string(self, value: Result[str, None]) -> str:
        return returned(value)

    def echo_result_none_f64(self, value: Result[None, float]) -> None:
        return returned(value)

    def echo_result(self, value: Result[None, None]) -> None:
        return returned(value)

    def echo_result_option_string_result_u8_list_string(self, value: Result[Optional[str], Result[int, List[str]]]) -> Optional[str]:
        return returned(value)


def returned(value: Result[Good, Bad]) -> Good:
    if isinstance(value, Err):
        raise value
    return value.value
