"""Iterative stratification: the assignment of samples or groups to the parts of a split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.utils import check_random_state


def deal_out(
    counts: csr_matrix, shares: NDArray[np.int64], *, n_filled: int, lone_first: bool = False
) -> NDArray[np.int64]:
    """Return the part of the split of each unit, a sample or a whole group.

    Parameters
    ----------
    counts : csr_matrix of int, shape (n_units, n_labels + 1)
        Positive samples of each label in each unit. The last column holds all samples of the unit.
    shares : ndarray of int, shape (n_parts,)
        Relative sizes of the parts.
    n_filled : int
        Number of parts, counted from the first, that get at least one unit each if there are enough
        units.
    lone_first : bool
        Whether a label of a single unit goes to part 0, as long as this part has room.

    Returns
    -------
    parts : ndarray of int, shape (n_units,)
        Part of each unit.

    Notes
    -----
    The method follows Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label
    data", ECML PKDD 2011. The rarest label is assigned first, and each of its samples goes to the
    part with the greatest need. The differences are:

    - Units are assigned, each a sample or a whole group. Units with most positives of a label come
      first.
    - All labels of a unit decide. The need of a part is the decrease of the chi-square distance
      between its positives and its share of the positives. In the paper, the one label decides, and
      the number of samples breaks ties. Here the samples count as one more label, which every unit
      has.
    - A part takes no unit that exceeds its room, as long as another part has room.
    """
    n_units, n_columns = counts.shape
    by_label = counts.tocsc()
    totals = np.asarray(counts.sum(axis=0), dtype=np.int64).ravel()
    sizes = counts[:, [-1]].toarray().ravel()
    n_units_with = np.diff(by_label.indptr)

    # In units of 1 / shares.sum() samples these are whole numbers, so equal needs compare as equal.
    sample = float(shares.sum())
    lacking = np.outer(totals, shares).astype(float)
    room = lacking[-1]
    with np.errstate(divide="ignore"):
        weight = np.where(lacking > 0, 1 / lacking, 0.0)

    parts = np.full(n_units, -1)
    undealt = n_units_with.copy()
    n_units_in = np.zeros(len(shares), dtype=np.int64)
    n_left, n_empty = n_units, n_filled
    for _ in range(n_columns):
        label = np.where(undealt > 0, undealt, n_units + 1).argmin()
        column = slice(by_label.indptr[label], by_label.indptr[label + 1])
        units, positives = by_label.indices[column], by_label.data[column]
        largest_first = units[np.lexsort((units, -sizes[units], -positives))]
        for unit in largest_first[parts[largest_first] < 0]:
            row = slice(counts.indptr[unit], counts.indptr[unit + 1])
            labels, added = counts.indices[row], counts.data[row] * sample

            if n_empty >= n_left:
                allowed = np.flatnonzero(n_units_in[:n_filled] == 0)
            else:
                allowed = np.flatnonzero(room >= added[-1])
                if len(allowed) == 0:
                    allowed = np.flatnonzero(room > 0)
                elif lone_first and allowed[0] == 0 and n_units_with[label] == 1:
                    allowed = allowed[:1]

            each = added[:, np.newaxis]
            fall = each * (2 * lacking[labels] - each) * weight[labels]
            part = parts[unit] = allowed[fall.sum(axis=0)[allowed].argmax()]

            lacking[labels, part] -= added
            undealt[labels] -= 1
            n_left -= 1
            n_empty -= part < n_filled and n_units_in[part] == 0
            n_units_in[part] += 1
    return parts


def generator(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """Return a generator like `check_random_state`, but with fresh entropy for None."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
