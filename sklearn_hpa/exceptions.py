"""Warnings that a program may want to tell from others."""


class TrainingInterruptedWarning(UserWarning):
    """Training was interrupted after its first epoch; the weights reached so far were kept.

    The interrupt stops one fit. With ``warnings.simplefilter("error", TrainingInterruptedWarning)``
    and ``error_score="raise"`` it stops a whole grid search.
    """
