"""A slice of the robustness checks; ``python -m tests.robustness`` runs them whole.

The slice of the hostile models is in ``tests/test_persistence.py``.
"""

import os
import time

import pytest

pytest.importorskip("resource", reason="needs processes that fork")

from . import images, kills, planting
from .children import supervise


def broken(promises):
    return {promise.what: promise.cases for promise in promises if promise.kept is False}


def test_damaged_images_are_refused_by_name_or_read_unchanged():
    assert broken(images.check(seed=1, count=400)) == {}


def test_killed_processes_leave_whole_files_and_nothing_else():
    assert broken(kills.check(seed=1, count=14)) == {}


def test_planted_cache_entries_are_misses_and_touch_nothing_outside():
    assert broken(planting.check()) == {}


@pytest.mark.parametrize("fate", ["crash", "hang"])
def test_a_child_that_dies_or_hangs_is_reported(fate):
    def work(item):
        if item == 1:
            os._exit(3) if fate == "crash" else time.sleep(60)
        return item

    outcomes = dict(supervise(work, range(4), seconds=0.5))
    assert outcomes[1].fate == fate
    assert [outcomes[k].result for k in (0, 2, 3)] == [0, 2, 3]
