"""Images to vectors of named measures of where the protein is, and in which pattern."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    _check_feature_names,
    check_consistent_length,
    check_is_fitted,
)
from tqdm import tqdm

from .._common.estimators import DocumentedMixin
from .._common.messages import first_dozen
from .._common.sklearn_private import StrOptions
from .._images.batches import (
    check_n_jobs,
    check_size,
    common_white_level,
    raise_all,
    shapes_or_errors,
)
from .._images.cache import check_writable, find_cache
from .._images.inputs import Source, list_sources, n_columns
from ._channels import check_held, check_roles, held_channels
from ._measuring import CONTENT_ERRORS, Measurer, columns_of
from .measures import FAMILIES


class PatternFeatures(DocumentedMixin, TransformerMixin, BaseEstimator):
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
        "size": [Integral, tuple, list, None],
        "families": [StrOptions({"all"}), tuple, list],
        "protein": [str],
        "nucleus": [str, None],
        "references": [tuple, list],
        "n_jobs": [Integral, None],
        "on_error": [StrOptions({"raise", "warn"})],
        "cache": [str, os.PathLike, None],
        "verbose": ["verbose"],
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

    def fit(self, X: Any, y: ArrayLike | None = None) -> PatternFeatures:
        """Check the files by their headers, and decide what there is to measure.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            One of: a DataFrame of paths with a column for each channel, or with one column
            "image" of multi-channel files; an array of paths with a column for each channel;
            a sequence of paths of multi-channel files; an array of shape (n_samples, height,
            width, n_planes), or (n_samples, height, width) for the protein alone; a sequence of
            arrays of shape (height, width, n_planes).
        y : ignored
            Only its length is compared with that of `X`.

        Returns
        -------
        self : PatternFeatures

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            Where a parameter, a path or an array is not what is described here, or the channel of
            the protein is missing. Names every file (a dozen, and the number of the others)
            that is missing, empty, no image, too large, or of another size than the other channels
            of its image. No more is decoded than one multi-channel file, which tells the channels.
        OSError
            Where the folder of the cache cannot be written to.
        """
        self._open(X, y, reset=True)
        return self

    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> np.ndarray:
        """Fit to `X` and return its measures; see `fit` and `transform`."""
        return self._measure(*self._open(X, y, reset=True))

    def transform(self, X: Any) -> np.ndarray:
        """Measure the images.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            As in `fit`, with the channels in `channels_`.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features), float32
            Finite, but for the rows of images that could not be read where `on_error` is "warn".

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in `fit`, before any image is measured; then where a file is truncated or corrupt, or
            has not the channels expected.

        Warns
        -----
        UserWarning
            Where images could not be read and `on_error` is "warn": names them and their faults.
            Where the folder of the cache cannot be written to: nothing is kept.
        """
        check_is_fitted(self)
        return self._measure(*self._open(X, None, reset=False))

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name of each column: what is measured, of which channel, where and at which scale.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : ndarray of str objects of shape (n_features,)
        """
        check_is_fitted(self)
        return self._feature_names.astype(object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

    def _validate_params(self) -> None:
        super()._validate_params()
        check_size(self.size)
        check_n_jobs(self.n_jobs)
        check_roles(self.protein, self.nucleus, self.references)
        _check_families(self.families)

    def _open(
        self, X: Any, y: ArrayLike | None, reset: bool
    ) -> tuple[Sequence[Source], dict[int, Exception]]:
        """Check all that can be checked without decoding, and learn the columns if `reset`.

        Gives the images, and by their position the errors of those known to be unreadable.
        """
        self._validate_params()
        if reset and find_cache(self.cache) is not None:
            check_writable(find_cache(self.cache))
        if reset:
            roles = check_roles(self.protein, self.nucleus, self.references)
            channels = held_channels(X, roles)
        else:
            channels = self.channels_
            check_held(X, channels)
        sources = list_sources(X, channels)
        if y is not None:
            check_consistent_length(sources, y)
        shapes = shapes_or_errors(sources, self.n_jobs)
        errors = {i: shape for i, shape in enumerate(shapes) if isinstance(shape, Exception)}
        tolerant = self.on_error == "warn" and not (reset and len(errors) == len(sources))
        passed_over = CONTENT_ERRORS if tolerant else ()
        fatal = [error for error in errors.values() if not isinstance(error, passed_over)]
        raise_all(fatal, len(sources))
        if reset:
            plan = {
                "families": _check_families(self.families),
                "channels": channels,
                "protein": roles.protein,
                "nucleus": roles.nucleus if roles.nucleus in channels else None,
            }
            names, families = columns_of(**plan)
            self._plan = plan
            self.channels_ = channels
            self.families_ = np.array(families)
            self._feature_names = np.array(names)
            self._size = check_size(self.size)
            self._white = common_white_level(sources)
            _check_feature_names(self, X, reset=True)
            self.n_features_in_ = n_columns(X, sources)
        elif columns_of(**self._plan)[0] != tuple(self._feature_names.tolist()):
            raise ValueError(
                "this version of sklearn_hpa measures other columns than the one that fitted this"
                " PatternFeatures. Fit again, or use that version"
            )
        return sources, errors

    def _measure(self, sources: Sequence[Source], errors: dict[int, Exception]) -> np.ndarray:
        """The rows of the images, from the cache as far as they are there."""
        measurer = Measurer(
            plan=self._plan,
            size=self._size,
            white=common_white_level(sources, self._white),
            tolerant=self.on_error == "warn",
            cache=self.cache,
        )
        rows = np.full((len(sources), len(self.families_)), np.nan, dtype=np.float32)
        waiting = []
        for position, source in enumerate(sources):
            if position not in errors:
                row = measurer.look_up(source)
                if row is None:
                    waiting.append(position)
                else:
                    rows[position] = row
        measuring = Parallel(self.n_jobs, return_as="generator")(
            delayed(measurer.measure)(position, sources[position]) for position in waiting
        )
        progress = tqdm(
            measuring,
            "measuring images",
            len(sources),
            unit="image",
            initial=len(sources) - len(waiting),
            disable=not self.verbose,
        )
        for position, row in zip(waiting, progress, strict=True):
            if isinstance(row, Exception):
                errors[position] = row
            else:
                rows[position] = row
        if errors:
            faults = [errors[position] for position in sorted(errors)]
            warnings.warn(
                f"{len(faults)} of {len(sources)} images cannot be read; their rows are NaN:\n  "
                + first_dozen(faults, "\n  "),
                UserWarning,
                stacklevel=4,
            )
        return rows


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
