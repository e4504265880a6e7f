"""Conversion of a 0/1 target to the label names of each Id."""


def labels_of(target):
    return {Id: list(row.index[row == 1]) for Id, row in target.iterrows()}
