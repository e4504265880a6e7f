"""Images to vectors of named measures: where the protein is, and in which pattern."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from .._common.estimators import public_in
from .._common.sklearn_private import StrOptions
from .._images.inputs import Sources
from . import measures
from ._base import ImageTransformer
from ._channels import check_held, check_roles, held_channels
from .measures import FAMILIES


@public_in("sklearn_hpa")
class PatternFeatures(ImageTransformer):
    """Measure where in the cell the protein is, and in which pattern: a row of floats per image.

    Parameters
    ----------
    size : int, (int, int) or None, default=256
        Height and width in pixels to which images are brought before they are measured; an int for
        a square. Shrinking averages over areas. None keeps the native size, which may then differ
        from image to image. Distances and scales are in pixels of this size, so that all images
        should have the same magnification.
    families : "all" or sequence of str, default="all"
        The families of measures, in the order of their columns, whatever the order here:

        - "intensity": how bright each channel is in each region of the cell;
        - "ratio": how light and area are shared out among the regions;
        - "colocalization": the protein with each other channel [1]_ [2]_;
        - "distance": where each channel lies between nucleus and border, in profiles and rings
          [3]_;
        - "texture": of the protein, by co-occurrence [4]_, threshold adjacency [5]_ [6]_ and local
          binary patterns [7]_;
        - "granularity": how much of the protein's pattern is fine, and how much coarse [8]_;
        - "ridges": threads, spots and holes of the protein [9]_ [10]_;
        - "objects": number, size, shape and place of bright spots of the protein [11]_;
        - "cells": means over the cells of a field, and how much these differ.

        The user guide says what each measures, and how to read the name of a column.
    protein : str, default="green"
        The channel of the protein. It must be there.
    nucleus : str or None, default="blue"
        The channel of the nucleus. Where the images of `fit` lack it, or where it is None, nothing
        is measured that refers to the nucleus.
    references : sequence of str, default=("red", "yellow")
        Channels of other landmarks, here the microtubules and the endoplasmic reticulum. Those that
        the images of `fit` lack are left out.
    n_jobs : int or None, default=None
        Images measured at the same time, in processes unless a `joblib.parallel_config` context
        says otherwise. None is 1 unless in such a context. The result is the same.
    on_error : {"raise", "warn"}, default="raise"
        What to do where a file is empty, truncated, corrupt, too large or no image, or has not the
        channels expected. "raise" names it; with "warn" its row is NaN, and one warning names all
        such images. A path that does not exist or may not be read is an error in either case.
    cache : str, path-like or None, default=None
        A folder that keeps the row of each image, so that no image is measured twice; made if it
        does not exist. A str where the estimator is to be saved. None is the folder that the
        environment variable ``SKLEARN_HPA_CACHE`` names, if there is one. See Notes.
    verbose : bool, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    channels_ : tuple of str
        The channels measured: those of `protein`, `nucleus` and `references` that `X` held at
        `fit`. Later images must hold them; further channels are ignored.
    families_ : ndarray of str of shape (n_features,)
        The family of each column.
    n_features_in_ : int
        Columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Columns of `X`, where it was a DataFrame.

    See Also
    --------
    ImageFlattener : The pixels themselves, from the same `X`.

    Notes
    -----
    Files are read as by `ImageFlattener`: its notes on 12 and 16 bits and on pictures in colour
    hold here. In an array or a multi-channel file, one plane is the protein; as many planes as
    channels wanted are these, in the order red, green, blue, yellow (or, where other names are
    among them, protein, nucleus, references); otherwise up to four planes are red, green, blue,
    yellow. The first image decides, at `fit`.

    Rows of NaN need an imputer behind::

        make_pipeline(PatternFeatures(on_error="warn"), SimpleImputer())

    The cache knows a file by its real path, its size and its time of modification, and an array by
    its values. The row kept depends also on `size`, on the families and channels measured, and on
    the version of the measures; what was measured under other values of these stays beside it. What
    was not used for longest goes when a folder holds more than ``SKLEARN_HPA_CACHE_LIMIT``, 20G if
    that is not set.
    Several processes may share a folder, estimators with other parameters too. What was measured
    before an interrupt or an error is kept, and a damaged file is measured anew. A file that
    was replaced by another of the same size and time is not noticed. To empty the cache, delete the
    folder: nothing else is in it.

    References
    ----------
    .. [1] E. M. M. Manders, F. J. Verbeek and J. A. Aten, "Measurement of co-localization of
       objects in dual-colour confocal images", Journal of Microscopy 169(3), 375-382, 1993.
    .. [2] Q. Li, A. Lau, T. J. Morris, L. Guo, C. B. Fordyce and E. F. Stanley, "A syntaxin 1,
       Gαo, and N-type calcium channel complex at a presynaptic nerve terminal: analysis by
       quantitative immunocolocalization", Journal of Neuroscience 24(16), 4070-4081, 2004.
    .. [3] A. E. Carpenter, T. R. Jones, M. R. Lamprecht et al., "CellProfiler: image analysis
       software for identifying and quantifying cell phenotypes", Genome Biology 7, R100, 2006.
    .. [4] R. M. Haralick, K. Shanmugam and I. Dinstein, "Textural features for image
       classification", IEEE Transactions on Systems, Man, and Cybernetics SMC-3(6), 610-621, 1973.
    .. [5] N. A. Hamilton, R. S. Pantelic, K. Hanson and R. D. Teasdale, "Fast automated cell
       phenotype image classification", BMC Bioinformatics 8, 110, 2007.
    .. [6] L. P. Coelho, A. Ahmed, A. Arnold, J. Kangas, A.-S. Sheikh, E. P. Xing, W. W. Cohen and
       R. F. Murphy, "Structured Literature Image Finder: extracting information from text and
       images in biomedical literature", Linking Literature, Information, and Knowledge for
       Biology, LNCS 6004, 23-32, 2010.
    .. [7] T. Ojala, M. Pietikäinen and T. Mäenpää, "Multiresolution gray-scale and rotation
       invariant texture classification with local binary patterns", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 24(7), 971-987, 2002.
    .. [8] D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of
       London B 207(1167), 187-217, 1980.
    .. [9] A. F. Frangi, W. J. Niessen, K. L. Vincken and M. A. Viergever, "Multiscale vessel
       enhancement filtering", Medical Image Computing and Computer-Assisted Intervention, LNCS
       1496, 130-137, 1998.
    .. [10] J. Weickert, "Coherence-enhancing diffusion filtering", International Journal of
       Computer Vision 31(2-3), 111-127, 1999.
    .. [11] M. V. Boland and R. F. Murphy, "A neural network classifier capable of recognizing the
       patterns of all major subcellular structures in fluorescence microscope images of HeLa
       cells", Bioinformatics 17(12), 1213-1223, 2001.

    Examples
    --------
    >>> from sklearn_hpa import PatternFeatures
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> X, y = make_hpa_images(3, size=64, random_state=0)
    >>> patterns = PatternFeatures(size=64, families=["intensity", "texture"])
    >>> features = patterns.fit_transform(X)
    >>> features.shape == (3, len(patterns.get_feature_names_out()))
    True
    >>> features.dtype, patterns.channels_
    (dtype('float32'), ('red', 'green', 'blue', 'yellow'))
    """

    _parameter_constraints: dict = {
        **{
            name: constraint
            for name, constraint in ImageTransformer._parameter_constraints.items()
            if name != "channels"
        },
        "families": [StrOptions({"all"}), tuple, list],
        "protein": [str],
        "nucleus": [str, None],
        "references": [tuple, list],
        "on_error": [StrOptions({"raise", "warn"})],
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = 256,
        families: Literal["all"] | Sequence[str] = "all",
        *,
        protein: str = "green",
        nucleus: str | None = "blue",
        references: Sequence[str] = ("red", "yellow"),
        n_jobs: int | None = None,
        on_error: Literal["raise", "warn"] = "raise",
        cache: str | os.PathLike[str] | None = None,
        verbose: bool = False,
    ):
        self.size = size
        self.families = families
        self.protein = protein
        self.nucleus = nucleus
        self.references = references
        self.n_jobs = n_jobs
        self.on_error = on_error
        self.cache = cache
        self.verbose = verbose

    @property
    def _version(self) -> int:
        return measures.VERSION

    def _columns(self, channels: tuple[str, ...], **options: Any) -> tuple[str, ...]:
        return columns_of(channels, **options)[0]

    @staticmethod
    def _row(image: np.ndarray, channels: tuple[str, ...], **options: Any) -> np.ndarray:
        measured = measures.measure(image, channels, **options).values()
        return np.array(
            [value for of_family in measured for value in of_family.values()], dtype=np.float32
        )

    def _choose_channels(self, X: Any) -> tuple[str, ...]:
        return held_channels(X, check_roles(self.protein, self.nucleus, self.references))

    def _check_channels_of(self, X: Any) -> None:
        check_held(X, self.channels_)

    def _choose_options(self, channels: tuple[str, ...]) -> dict[str, Any]:
        return {
            "families": _check_families(self.families),
            "protein": self.protein,
            "nucleus": self.nucleus if self.nucleus in channels else None,
        }

    def _learn(self, sources: Sources, shapes: Sequence[Any]) -> None:
        super()._learn(sources, shapes)
        self.families_ = np.array(columns_of(self.channels_, **self._options)[1])

    def _validate_params(self) -> None:
        super()._validate_params()
        check_roles(self.protein, self.nucleus, self.references)
        _check_families(self.families)


@lru_cache(maxsize=64)
def columns_of(
    channels: tuple[str, ...], **options: Any
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name and family of each column, from a black image: names never depend on pixels.

    Parameters
    ----------
    channels : tuple of str
    **options : dict
        Keywords of `measures.measure`.

    Raises
    ------
    ValueError
        If there is no column.
    """
    black = np.zeros((64, 64, len(channels)), dtype=np.uint8)
    measured = measures.measure(black, channels, **options)
    names = tuple(name for of_family in measured.values() for name in of_family)
    families = tuple(family for family, of_family in measured.items() for _ in of_family)
    if not names:
        raise ValueError(
            f"nothing to measure: the families {', '.join(options['families'])} need other channels"
            f" than {', '.join(channels)}, which is all that the images hold"
        )
    return names, families


def _check_families(families: str | Sequence[str]) -> tuple[str, ...]:
    """The names of families, in the order of the list of all."""
    if families == "all":
        return FAMILIES
    unknown = [family for family in families if family not in FAMILIES]
    if not families or unknown or len(set(families)) < len(families):
        raise ValueError(
            f"Invalid families={families!r}. Expected 'all', or some of"
            f" {', '.join(FAMILIES)}, each once."
        )
    return tuple(family for family in FAMILIES if family in families)
