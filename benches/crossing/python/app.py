"""What benches/crossing calls, in Python."""

from typing import List

from wit_world import exports


def transform(data: bytes) -> bytes:
    return data.decode(errors="replace").upper()[::-1].encode()


class Transformer(exports.Transformer):
    def transform(self, input: bytes) -> bytes:
        return transform(input)

    def batch(self, inputs: List[bytes]) -> List[bytes]:
        return [transform(data) for data in inputs]

    def again(self, input: bytes, times: int) -> bytes:
        output = b""
        for _ in range(times):
            output = transform(input)
        return output
