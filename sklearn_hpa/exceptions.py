"""Warnings that a program may want to tell from others."""


class TrainingInterruptedWarning(UserWarning):
    """Training was interrupted after its first epoch; the weights reached so far were kept.

    ``warnings.simplefilter("error", TrainingInterruptedWarning)`` makes an interrupt stop a whole
    cross-validation or grid search, where otherwise it stops the one fit.
    """
