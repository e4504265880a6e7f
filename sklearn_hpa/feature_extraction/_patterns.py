"""Transformer of images to named measures of the protein's location and pattern."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from .._common.estimators import public_in
from .._common.sklearn_private import StrOptions
from .._images.inputs import Sources
from .._images.planes import Request
from . import measures
from ._base import ImageTransformer
from ._channels import channels_of_columns, check_held, check_roles, request_for
from .measures import FAMILIES


@public_in("sklearn_hpa")
class PatternFeatures(ImageTransformer):
    """Compute measures of the protein's location and pattern, one row of floats per image.

    Parameters
    ----------
    size : int, (int, int) or None, default=256
        Height and width in pixels to which images are resized before they are measured; an int
        means a square. Shrinking averages over areas. None keeps the native size, which may differ
        between images. Distances and scales are in pixels of this size, so all images should have
        the same magnification.
    families : "all" or sequence of str, default="all"
        The families of measures. The columns always have the order of this list:

        - "intensity": brightness of each channel in each region of the cell;
        - "ratio": distribution of light and area over the regions;
        - "colocalization": correlation and overlap of the protein with each other channel [1]_
          [2]_;
        - "distance": position of each channel between nucleus and border, in profiles and rings
          [3]_;
        - "texture": texture of the protein, by co-occurrence [4]_, threshold adjacency [5]_ [6]_
          and local binary patterns [7]_;
        - "granularity": strength of fine and coarse structure of the protein's pattern [8]_;
        - "ridges": threads, spots and holes of the protein [9]_ [10]_;
        - "objects": number, size, shape and position of bright spots of the protein [11]_;
        - "cells": means over the cells of an image, and variation between cells.

        The user guide explains each family and the names of the columns.
    protein : str, default="green"
        The channel of the protein. The images must have it.
    nucleus : str or None, default="blue"
        The channel of the nucleus. If it is None, or if the images at `fit` lack this channel,
        measures that refer to the nucleus are omitted.
    references : sequence of str, default=("red", "yellow")
        Channels of other landmarks, by default the microtubules and the endoplasmic reticulum.
        Channels that the images at `fit` lack are omitted.
    channel_names : sequence of (str or None), mapping of str to str, or None, default=None
        Which plane of a multi-channel file or an array is which channel. A sequence gives the
        channel of each plane, in order, and None for a plane that is not used. A mapping gives the
        channel of each name in the metadata of the files, in addition to the known names. By
        default names are used if they are known, and the order of the planes otherwise. See Notes.
    n_jobs : int or None, default=None
        Number of images measured in parallel. The workers are processes, unless a
        `joblib.parallel_config` context selects another backend. None means 1 unless in such a
        context. The result does not depend on it.
    on_error : {"raise", "warn"}, default="raise"
        How to handle a file that is empty, truncated, corrupt, too large or not an image, or that
        has unexpected channels. "raise" raises an error that names the file. "warn" fills the row
        with NaN and names all such images in one warning. A path that does not exist or is not
        readable is always an error.
    cache : str, path-like or None, default=None
        A folder that stores the row of each image, so that no image is measured twice. It is
        created if it does not exist. Use a str if the estimator is to be saved. None uses the
        folder named by the environment variable ``SKLEARN_HPA_CACHE``, if set. See Notes.
    verbose : bool, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    channels_ : tuple of str
        The measured channels: `protein`, `nucleus` and `references` without the channels that the
        images at `fit` lack. Later images must have these channels; other channels are ignored.
    families_ : ndarray of str of shape (n_features,)
        The family of each column.
    n_features_in_ : int
        Number of columns of `X`; 1 for a list of files, the number of planes for arrays.
    feature_names_in_ : ndarray of str
        Column names of `X`, if it is a DataFrame.

    See Also
    --------
    ImageFlattener : Returns the pixels of the same `X`.

    Notes
    -----
    Files are read as in `ImageFlattener`, whose notes on 12 and 16 bits and on RGB files apply
    here too. Channel names in the metadata of a file are used as in `ImageFlattener`; only the
    protein must be among them. Planes without known names are read in order:

    - A single plane is the protein.
    - If there are as many planes as requested channels, the planes are these channels, in the order
      red, green, blue, yellow. If other names are requested, the order is protein, nucleus,
      references.
    - Otherwise up to four planes are red, green, blue, yellow.

    Rows of NaN need an imputer as the next step::

        make_pipeline(PatternFeatures(on_error="warn"), SimpleImputer())

    `fit_transform_readable` leaves such images out instead.

    The cache identifies a file by its real path, its size and its modification time, and an array
    by its values. The key of a row also contains `size`, the families, the channels and the version
    of the measures. Rows of other settings stay in the folder. When the folder exceeds
    ``SKLEARN_HPA_CACHE_LIMIT`` (default 20G), the least recently used entries are deleted.

    Several processes, and estimators with different parameters, may share a folder. Rows computed
    before an interrupt or an error are kept, and damaged cache entries are computed again. If an
    image file is replaced by another file with the same size and modification time, the cached row
    is still used. To empty the cache, delete the folder; it contains no other files.

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
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = 256,
        families: Literal["all"] | Sequence[str] = "all",
        *,
        protein: str = "green",
        nucleus: str | None = "blue",
        references: Sequence[str] = ("red", "yellow"),
        channel_names: Sequence[str | None] | Mapping[str, str] | None = None,
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
        self.channel_names = channel_names
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

    def _request(self) -> Request:
        roles = check_roles(self.protein, self.nucleus, self.references)
        return request_for(roles, self.channel_names)

    def _channels_of_columns(self, X: Any, request: Request) -> tuple[str, ...]:
        return channels_of_columns(X, request)

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

    def _check_fitted(self) -> None:
        super()._check_fitted()
        if not hasattr(self, "channels_"):
            return
        if self._options.keys() != {"families", "protein", "nucleus"}:
            raise ValueError(f"its options are {sorted(self._options)}")
        _check_families(self._options["families"])
        roles = {self._options["protein"], self._options["nucleus"]} - {None}
        if not roles <= set(self.channels_):
            raise ValueError(f"channels_ is {self.channels_}, without all of {sorted(roles)}")

    def _validate_params(self) -> None:
        super()._validate_params()
        _check_families(self.families)


@lru_cache(maxsize=64)
def columns_of(
    channels: tuple[str, ...], **options: Any
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the name and family of each column; the names do not depend on pixels.

    Parameters
    ----------
    channels : tuple of str
        The measured channels.
    **options : dict
        Keywords of `measures.measure`.

    Returns
    -------
    names, families : tuple of str
        The name and the family of each column.

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
    """Return the names of the families, in the order of the columns."""
    if families == "all":
        return FAMILIES
    unknown = [family for family in families if family not in FAMILIES]
    if not families or unknown or len(set(families)) < len(families):
        raise ValueError(
            f"Invalid families={families!r}. Expected 'all', or some of"
            f" {', '.join(FAMILIES)}, each once."
        )
    return tuple(family for family in FAMILIES if family in families)
