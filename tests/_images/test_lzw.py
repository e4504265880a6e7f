"""Tests of decoding LZW: equal to a slow decoder, and strict about damaged data."""

import io

import numpy as np
import pytest
from PIL import Image

from sklearn_hpa._images.formats import Refused
from sklearn_hpa._images.lzw import decode_lzw


def encode(content, end=True):
    """Encode bytes slowly, as the TIFF specification says."""
    bits, table, width, string = [f"{256:09b}"], {bytes([k]): k for k in range(256)}, 9, b""
    n_entries = 258
    for byte in content:
        longer = string + bytes([byte])
        if longer in table:
            string = longer
            continue
        bits.append(f"{table[string]:0{width}b}")
        table[longer] = n_entries
        n_entries += 1
        width = 9 + (n_entries > 511) + (n_entries > 1023) + (n_entries > 2047)
        string = bytes([byte])
        if n_entries == 4094:
            bits.append(f"{table[string]:0{width}b}")
            bits.append(f"{256:0{width}b}")
            table, width, n_entries = {bytes([k]): k for k in range(256)}, 9, 258
            string = b""
    if string:
        bits.append(f"{table[string]:0{width}b}")
        n_entries += 1
        width = 9 + (n_entries > 511) + (n_entries > 1023) + (n_entries > 2047)
    if end:
        bits.append(f"{257:0{width}b}")
    text = "".join(bits)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")


CONTENTS = {
    "noise": np.random.default_rng(0).bytes(20_000),
    "zeros": bytes(300_000),
    "steps": np.repeat(np.arange(256, dtype=np.uint8), 80).tobytes(),
    "few": np.random.default_rng(1).integers(0, 3, 60_000, dtype=np.uint8).tobytes(),
    "one": b"x",
}


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("name", CONTENTS)
def test_the_bytes_are_those_that_were_encoded(name, end):
    content = CONTENTS[name]
    assert decode_lzw([encode(content, end)], [1], len(content)).tobytes() == content


def test_segments_follow_each_other_and_the_last_one_may_be_shorter():
    rows = np.random.default_rng(0).integers(0, 9, (7, 50), dtype=np.uint8)
    segments = [encode(rows[k : k + 3].tobytes()) for k in (0, 3, 6)]
    assert np.array_equal(decode_lzw(segments, [3, 3, 1], 50), rows)


@pytest.mark.parametrize("length", [0, 9_999, 10_001, 20_000])
def test_data_of_another_length_are_refused(length):
    with pytest.raises(Refused, match=rf"LZW data of {length} bytes instead of 10000"):
        decode_lzw([encode(CONTENTS["zeros"][:length])], [100], 100)


@pytest.mark.parametrize("spare", [0, 1, 3])
@pytest.mark.parametrize("last", [1, 3])
def test_padding_of_all_segments_and_of_the_last_one_is_cut_off(capfd, spare, last):
    rows = np.random.default_rng(0).integers(0, 9, (9, 50), dtype=np.uint8)
    parts = [rows[:3], rows[3:6], rows[6 : 6 + last]]
    segments = [encode(part.tobytes() + bytes(spare)) for part in parts]
    assert np.array_equal(decode_lzw(segments, [3, 3, 1], 50, 3), rows[:7])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("spares", [(1, 0, 0), (0, 1, 0), (1, 1, 2), (2, 2, 1), (4, 4, 4), (3,)])
def test_padding_that_may_be_damage_is_refused(spares):
    segments = [encode(bytes(150 + spare)) for spare in spares]
    with pytest.raises(Refused, match=r"LZW data of \d+ bytes instead of 150"):
        decode_lzw(segments, [3] * len(spares), 50, 3)


@pytest.mark.parametrize("rows", [(4, 3, 3), (3, 4, 3), (3, 3, 4), (3, 3, 0)])
def test_another_number_of_rows_is_refused(rows):
    with pytest.raises(Refused, match=r"LZW data of \d+ bytes instead of \d+"):
        decode_lzw([encode(bytes(50 * each)) for each in rows], [3, 3, 2], 50, 3)


@pytest.mark.parametrize(
    "codes, reason",
    [
        ([65, 66, 257], "does not start with a clear code"),
        ([256, 65, 300, 257], "a code that is not in its table"),
        ([256, 258, 257], "a code that is not in its table"),
        ([256, 65, 259, 257], "a code that is not in its table"),
    ],
)
def test_codes_that_mean_nothing_are_refused(codes, reason):
    data = int("".join(f"{code:09b}" for code in codes).ljust(40, "0"), 2).to_bytes(5, "big")
    with pytest.raises(Refused, match=reason):
        decode_lzw([data], [1], 2)


def test_data_without_a_code_are_refused():
    with pytest.raises(Refused, match="does not start with a clear code"):
        decode_lzw([b"\x80"], [1], 1)


def test_a_table_that_is_never_cleared_is_refused():
    codes = [256, *(k % 256 for k in range(3_900))]
    widths = [9] + [9 + (k > 253) + (k > 765) + (k > 1789) for k in range(3_900)]
    text = "".join(f"{code:0{width}b}" for code, width in zip(codes, widths, strict=True))
    data = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
    with pytest.raises(Refused, match="has no clear code"):
        decode_lzw([data], [1], 3_900)


def test_damaged_data_never_reach_libtiff(capfd):
    content = CONTENTS["few"]
    encoded = encode(content)
    rng = np.random.default_rng(0)
    n_refused = 0
    for _ in range(200):
        data = bytearray(encoded)
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        try:
            decode_lzw([bytes(data)], [10], len(content) // 10)
        except Refused:
            n_refused += 1
    assert n_refused > 100
    assert capfd.readouterr() == ("", "")


def test_the_result_is_the_same_as_of_pillow():
    pixels = np.random.default_rng(0).integers(0, 40, (70, 90), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "TIFF", compression="tiff_lzw")
    with Image.open(buffer) as image:
        (offset,), (count,) = image.tag_v2[273], image.tag_v2[279]
    segment = buffer.getvalue()[offset : offset + count]
    assert np.array_equal(decode_lzw([segment], [70], 90), pixels)
