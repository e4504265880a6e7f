"""Warnings that a program can filter by their class."""


class TrainingInterruptedWarning(UserWarning):
    """Training was interrupted after its first epoch, and the current weights were kept.

    The interrupt stops one fit. To stop a whole grid search, use ``warnings.simplefilter("error",
    TrainingInterruptedWarning)`` and ``error_score="raise"``.
    """
