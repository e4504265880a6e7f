"""A 0/1 target as the label names of each Id."""


def labels_of(target):
    return {Id: list(row.index[row == 1]) for Id, row in target.iterrows()}
