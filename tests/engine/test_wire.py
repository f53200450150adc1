import numpy as np

from pipelines.engine.wire import packed, packed_apart, unpacked


def test_functions_and_their_arrays_come_back_as_they_were() -> None:
    weights = np.arange(5.0)

    def scaled(by: float) -> np.ndarray:
        return by * weights

    assert unpacked(packed(scaled))(2).tolist() == [0, 2, 4, 6, 8]


def test_arrays_are_kept_apart_as_plain_numbers_that_nothing_can_run() -> None:
    numbers = np.arange(20_000.0).reshape(100, 200)
    head, arrays = packed_apart({"numbers": numbers})
    assert b"".join(bytes(array) for array in arrays) == numbers.tobytes()
    assert len(head) < 1000
    found = unpacked(head, [bytearray(array) for array in arrays])["numbers"]
    assert np.array_equal(found, numbers)
    found[0, 0] = 1.0  # as writable as one that never left
