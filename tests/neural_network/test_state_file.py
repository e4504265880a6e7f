"""Tests of state files: every value comes back, and damage is an error."""

import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch

from sklearn_hpa.neural_network._state_file import UnknownStateError, read_state, write_state


def round_trip(state, tmp_path):
    write_state(tmp_path / "state.zip", state)
    return read_state(tmp_path / "state.zip")


@pytest.mark.parametrize(
    "state",
    [
        None,
        [1, 2.5, "text", True, float("inf"), 2**70],
        (1, (2, [3])),
        {"a": {1: "b", None: 2.0}, (1, 2): []},
        {1, 2, 3},
        frozenset({"a"}),
        "\ud800",
    ],
)
def test_plain_data_come_back_with_their_types(state, tmp_path):
    again = round_trip(state, tmp_path)
    assert again == state and type(again) is type(state)


def test_nan_comes_back(tmp_path):
    assert np.isnan(round_trip(float("nan"), tmp_path))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_tensors_come_back_bit_by_bit(dtype, shape, tmp_path):
    tensor = (torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 9).to(dtype)
    again = round_trip({"t": tensor}, tmp_path)["t"]
    assert again.dtype == dtype and again.shape == tensor.shape and torch.equal(again, tensor)


def test_a_view_of_a_parameter_comes_back(tmp_path):
    parameter = torch.nn.Parameter(torch.arange(12.0).reshape(3, 4)).t()[1:]
    assert torch.equal(round_trip(parameter, tmp_path), parameter.detach())


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3)[:, ::-1], np.float32(0.1), np.zeros((0, 2)), np.array(1j)]
)
def test_arrays_and_numpy_scalars_come_back(array, tmp_path):
    again = round_trip(array, tmp_path)
    assert type(again) is type(array)
    assert np.array_equal(again, array) and again.dtype == array.dtype


def test_an_ordered_dict_comes_back_as_a_dict(tmp_path):
    assert round_trip(OrderedDict(b=1, a=2), tmp_path) == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    "value",
    [Counter("ab"), object(), print, np.array(["a"]), np.array([None]), torch.ones(2).to_sparse()],
)
def test_other_types_are_refused_by_name(value, tmp_path):
    with pytest.raises(
        UnknownStateError, match=f"'part' of the state is a .*{type(value).__name__}"
    ):
        write_state(tmp_path / "state.zip", {"part": value})


@pytest.mark.parametrize("position", [0, 30, 200, 400, -100, -10])
@pytest.mark.parametrize("change", ["flip", "cut"])
def test_damage_is_a_value_error(position, change, tmp_path):
    path = tmp_path / "state.zip"
    state = {"weights": torch.randn(40, generator=torch.Generator().manual_seed(0)), "n": [1, 2]}
    write_state(path, state)
    content = bytearray(path.read_bytes())
    if change == "cut":
        del content[position:]
    else:
        content[position] ^= 0x10
    path.write_bytes(content)
    try:
        again = read_state(path)
    except ValueError:
        return
    # Some bytes of a zip have no meaning, such as the time of a member.
    assert change == "flip" and torch.equal(again["weights"], state["weights"])
    assert again["n"] == state["n"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"tensor": [0, "float32", [-1]]}',
        '{"tensor": [0, "float32", [1000000000000]]}',
        '{"tensor": [0, "float33", [1]]}',
        '{"tensor": [7, "float32", [1]]}',
        '{"array": [0, "O", [1]]}',
        '{"array": [0, "<M8[s]", [1]]}',
        '{"code": "print()"}',
        '{"tensor": ["0", "uint8", [8]]}',
        '{"list": [{"tensor": [0, "uint8", [8]]}, {"tensor": [0, "uint8", [8]]}]}',
        '{"dict": [["a", 1], ["a", 2]]}',
        '{"list": {"a": 1}, "dict": []}',
        '{"list": [' * 3000,
    ],
)
def test_a_text_that_the_library_did_not_write_is_a_value_error(text, tmp_path):
    path = tmp_path / "state.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("state.json", text)
        archive.writestr("0", b"\0" * 8)
    with pytest.raises(ValueError):
        read_state(path)


def test_a_compressed_file_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "state.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("state.json", " " * 10**7)
    with pytest.raises(ValueError, match="larger than the file"):
        read_state(path)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_state(tmp_path / "nothing.zip")
