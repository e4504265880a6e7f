"""Damage to files: one mutation for each call, from a random generator with a seed."""

import struct

#: Values at which programs go wrong: borders of integers, and small numbers.
NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 16, 255, 256, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)


def mutate(rng, data):
    """Return the kind of a mutation and the mutated bytes.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of the kind and of all positions.
    data : bytes
        A valid file.
    """
    kind = KINDS[rng.integers(len(KINDS))]
    return kind.__name__, kind(rng, data)


def _bit_flip(rng, data):
    return _flipped(data, rng.integers(len(data)), rng)


def _bit_flip_in_the_first_kilobyte(rng, data):
    return _flipped(data, rng.integers(min(len(data), 1024)), rng)


def _bit_flips(rng, data):
    for at in rng.integers(len(data), size=rng.integers(2, 20)):
        data = _flipped(data, at, rng)
    return data


def _flipped(data, at, rng):
    changed = bytearray(data)
    changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(rng, data):
    return data[: rng.integers(len(data))]


def _cut_near_the_end(rng, data):
    return data[: len(data) - rng.integers(1, min(len(data), 64))]


def _missing_bytes(rng, data):
    at = rng.integers(len(data))
    return data[:at] + data[at + rng.integers(1, 64) :]


def _added_bytes(rng, data):
    at = rng.integers(len(data) + 1)
    return data[:at] + rng.bytes(rng.integers(1, 64)) + data[at:]


def _zeros(rng, data):
    at, length = rng.integers(len(data)), int(rng.integers(1, 200))
    return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]


def _random_bytes(rng, data):
    at, length = rng.integers(len(data)), int(rng.integers(1, 64))
    return data[:at] + rng.bytes(len(data[at : at + length])) + data[at + length :]


def _swapped_blocks(rng, data):
    length = int(rng.integers(1, max(len(data) // 4, 2)))
    first = int(rng.integers(max(len(data) - 2 * length, 1)))
    second = int(rng.integers(first + length, max(len(data) - length, first + length) + 1))
    one, other = data[first : first + length], data[second : second + length]
    between = data[first + length : second]
    return data[:first] + other + between + one + data[second + length :]


def _number(rng, data):
    """Overwrite two or four bytes at an even offset with a number, in either byte order."""
    form = ["<H", ">H", "<I", ">I"][rng.integers(4)]
    size = struct.calcsize(form)
    at = int(rng.integers(max(len(data) - size, 1))) // 2 * 2
    number = NUMBERS[rng.integers(len(NUMBERS))] % 256**size
    return data[:at] + struct.pack(form, number) + data[at + size :]


def _number_in_the_first_kilobyte(rng, data):
    head = _number(rng, data[:1024])
    return head + data[1024:]


def _repeated_block(rng, data):
    at, length = rng.integers(len(data)), int(rng.integers(1, 256))
    return data[:at] + data[at : at + length] + data[at:]


KINDS = (
    _bit_flip,
    _bit_flip_in_the_first_kilobyte,
    _bit_flips,
    _cut,
    _cut_near_the_end,
    _missing_bytes,
    _added_bytes,
    _zeros,
    _random_bytes,
    _swapped_blocks,
    _number,
    _number_in_the_first_kilobyte,
    _repeated_block,
)
