"""What benches/crossing calls, in Python."""

from typing import List

from wit_world import exports


def transform(data: bytes) -> bytes:
    return turned(data.decode(errors="replace")).encode()


def turned(text: str) -> str:
    return text.upper()[::-1]


class Transformer(exports.Transformer):
    def transform(self, input: bytes) -> bytes:
        return transform(input)

    def batch(self, inputs: List[bytes]) -> List[bytes]:
        return [transform(data) for data in inputs]

    def lines(self, text: str) -> str:
        return "\n".join(turned(line) for line in text.split("\n"))

    def again(self, input: bytes, times: int) -> bytes:
        output = b""
        for _ in range(times):
            output = transform(input)
        return output
