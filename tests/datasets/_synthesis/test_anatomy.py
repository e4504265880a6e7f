"""Tests of the structures in the reference stains."""

from .canvas import mean_where


def test_blue_lies_in_the_nucleus_and_dims_in_the_nucleoli(scenes):
    for anatomy, stains in scenes("Cytosol"):
        field = anatomy.field
        inside, hole = field.nuclear_depth > 2, anatomy.nucleoli > 0.9
        assert mean_where(stains["blue"], inside) > 20 * mean_where(stains["blue"], ~inside)
        assert mean_where(stains["blue"], hole) < 0.6 * mean_where(stains["blue"], inside & ~hole)


def test_red_and_yellow_lie_in_the_cytoplasm(scenes):
    for anatomy, stains in scenes("Cytosol"):
        field = anatomy.field
        cytoplasm = (field.depth > 2) & (field.nuclear_depth < -2)
        for channel in ("red", "yellow"):
            inside = mean_where(stains[channel], cytoplasm)
            assert inside > 3 * mean_where(stains[channel], field.nuclear_depth > 3)
            assert inside > 3 * mean_where(stains[channel], field.depth < -3)


def test_yellow_is_denser_near_the_nucleus(scenes):
    for anatomy, stains in scenes("Cytosol"):
        station = anatomy.field.station
        near, far = (station > 0.1) & (station < 0.4), (station > 0.6) & (station < 0.9)
        assert mean_where(stains["yellow"], near) > 1.3 * mean_where(stains["yellow"], far)
