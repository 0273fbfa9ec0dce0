from __future__ import annotations

from carnet.gateway.cells import Cells, read_cells


def made(size: int = 4096) -> tuple[memoryview, memoryview]:
    return memoryview(bytearray(size)), memoryview(bytearray(8)).cast("q")


def test_a_number_begins_with_nothing_and_is_found_again() -> None:
    cells = Cells.private()
    index = cells.index("sum", "a")
    cells.numbers[index] += 2
    assert cells.index("sum", "a") == index
    assert dict(cells.all()) == {("sum", "a"): 2.0}


def test_the_next_process_goes_on_with_sums_and_begins_what_is_of_the_present() -> None:
    memory, used = made()
    first = Cells(memory, used)
    for kind in ("sum", "now", "max"):
        first.numbers[first.index(kind, "ä")] += 5
    second = Cells(memory, used)
    second.numbers[second.index("sum", "ä")] += 1
    assert dict(second.all()) == {("sum", "ä"): 6.0, ("now", "ä"): 0.0, ("max", "ä"): 0.0}


def test_of_a_process_that_is_gone_only_sums_are_read() -> None:
    memory, used = made()
    cells = Cells(memory, used)
    cells.numbers[cells.index("sum", "a")] = 1.0
    cells.numbers[cells.index("now", "b")] = 1.0
    assert list(read_cells(memory[: used[0]], alive=False)) == [(("sum", "a"), 1.0)]


def test_names_there_is_no_room_for_share_one_number() -> None:
    cells = Cells(*made(512))
    for number in range(100):
        cells.numbers[cells.index("sum", f"name {number}")] += 1
    found = {name: value for (_, name), value in cells.all()}
    assert sum(found.values()) == 100
    assert found["(others)"] > 50
