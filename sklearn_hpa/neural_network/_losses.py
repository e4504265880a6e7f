"""Losses of logits, and their checks."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    logsigmoid,
)

from .._common.messages import did_you_mean
from .._labels.label_sets import LabelSets


class MultiLabelBCELoss(nn.BCEWithLogitsLoss):
    """Binary cross-entropy of logits, averaged over labels and samples.

    The target is a 0/1 tensor (n, n_labels), or a pair of this tensor and the sample weights (n,).
    """

    def forward(self, logits: torch.Tensor, target: Any) -> torch.Tensor:
        if isinstance(target, torch.Tensor):
            return super().forward(logits, target)
        target, weight = target
        loss = binary_cross_entropy_with_logits(
            logits, target, self.weight, pos_weight=self.pos_weight, reduction="none"
        )
        return (loss.mean(dim=1) * weight).mean()


class MultiLabelFocusingLoss(nn.Module):
    """Base of the losses that give more weight to wrongly predicted cells.

    A cell is one label of one sample. The loss is averaged over labels and samples. The target is a
    0/1 tensor (n, n_labels), or a pair of this tensor and the sample weights (n,).

    Parameters
    ----------
    pos_weight : tensor of shape (n_labels,), default=None
        Factor of the loss of positive cells. It moves with the module.
    """

    pos_weight: torch.Tensor | None

    def __init__(self, pos_weight: torch.Tensor | None = None):
        super().__init__()
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, logits: torch.Tensor, target: Any) -> torch.Tensor:
        target, weight = (target, None) if isinstance(target, torch.Tensor) else target
        if_there, if_not = self.cells(logits)
        if self.pos_weight is not None:
            if_there = self.pos_weight * if_there
        loss = target * if_there + (1 - target) * if_not
        return loss.mean() if weight is None else (loss.mean(dim=1) * weight).mean()

    def cells(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each cell for a present label and for an absent label."""
        raise NotImplementedError


class MultiLabelFocalLoss(MultiLabelFocusingLoss):
    r"""Focal loss [1]_, which gives less weight to well-predicted cells.

    A cell of probability :math:`p`, truth :math:`y` and positive weight :math:`w` has the loss

    .. math::

       -w \, \alpha \, y \, (1 - p)^\gamma \log(p)
       - (1 - \alpha) (1 - y) \, p^\gamma \log(1 - p)

    Parameters
    ----------
    gamma : float, default=2.0
        Focusing exponent, at least 0. A value of 0 gives binary cross-entropy.
    alpha : float in (0, 1), default=None
        Weight of the positives. The negatives have the weight :math:`1 - \alpha`. None omits both
        weights.
    pos_weight : tensor of shape (n_labels,), default=None
        Weight :math:`w` of each label.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal loss for dense object
       detection", ICCV 2017, pp. 2980-2988.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: float | None = None,
        pos_weight: torch.Tensor | None = None,
    ):
        super().__init__(pos_weight)
        self.gamma = _at_least_zero("gamma", gamma)
        if alpha is not None and not (_is_number(alpha) and 0 < alpha < 1):
            raise ValueError(f"alpha must be None or a number between 0 and 1, got {alpha!r}")
        self.alpha = alpha

    def cells(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if_there, if_not = _focused(logits, self.gamma), _focused(-logits, self.gamma)
        if self.alpha is None:
            return if_there, if_not
        return self.alpha * if_there, (1 - self.alpha) * if_not


class MultiLabelAsymmetricLoss(MultiLabelFocusingLoss):
    r"""Asymmetric loss [1]_, which gives little or no weight to well-predicted absent labels.

    A cell of probability :math:`p`, truth :math:`y` and positive weight :math:`w` has the loss

    .. math::

       -w \, y \, (1 - p)^{\gamma_+} \log(p)
       - (1 - y) \, p_m^{\gamma_-} \log(1 - p_m),
       \qquad p_m = \max(p - m, 0)

    The gradient includes the derivative of the factors, as in the analysis of [1]_.

    Parameters
    ----------
    gamma_neg, gamma_pos : float, default=4.0, 1.0
        Exponents :math:`\gamma_-` and :math:`\gamma_+`, at least 0. The defaults come from the
        authors' code. If `gamma_pos` is 0, positives keep their full loss.
    clip : float in [0, 1), default=0.05
        Margin :math:`m`. An absent label with a smaller probability has no loss and no gradient.
    pos_weight : tensor of shape (n_labels,), default=None
        Weight :math:`w` of each label.

    References
    ----------
    .. [1] T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter and
       L. Zelnik-Manor, "Asymmetric loss for multi-label classification", ICCV 2021, pp. 82-91.
    """

    def __init__(
        self,
        gamma_neg: float = 4.0,
        gamma_pos: float = 1.0,
        clip: float = 0.05,
        pos_weight: torch.Tensor | None = None,
    ):
        super().__init__(pos_weight)
        self.gamma_neg = _at_least_zero("gamma_neg", gamma_neg)
        self.gamma_pos = _at_least_zero("gamma_pos", gamma_pos)
        if not (_is_number(clip) and 0 <= clip < 1):
            raise ValueError(f"clip must be a number from 0 to below 1, got {clip!r}")
        self.clip = clip

    def cells(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if_there = _focused(logits, self.gamma_pos)
        if not self.clip:
            return if_there, _focused(-logits, self.gamma_neg)
        shifted = torch.sigmoid(logits) - self.clip
        beyond = shifted > 0
        # Powers below 1 have an infinite derivative at 0, whose product with 0 would be nan.
        factor = torch.where(beyond, shifted, 0.5) ** self.gamma_neg
        log_loss = -torch.log(torch.sigmoid(-logits) + self.clip)
        return if_there, torch.where(beyond, factor * log_loss, 0.0)


class MultiLabelSetLoss(nn.Module):
    r"""Negative log-likelihood of label sets [1]_, divided by the number of labels.

    A label set :math:`s` of the training samples is a vector of 0 and 1. With the logits :math:`z`
    of the labels, it has the probability

    .. math::

       P(s) = \frac{f_s \exp(s \cdot z)}{\sum_{s'} f_{s'} \exp(s' \cdot z)}

    where :math:`f_s` is the fraction of training samples with this set. The sum includes the sets
    of the training samples, and any other set has probability 0. If all possible sets were equally
    frequent, the loss would be binary cross-entropy. A set that occurs only in validation samples
    counts as half a sample.

    The target is a 0/1 tensor (n, n_labels), or a pair of this tensor and the sample weights (n,).

    Parameters
    ----------
    sets : tensor of shape (n_sets, n_labels)
        Distinct rows of 0 and 1.
    counts : tensor of shape (n_sets,)
        Number of samples of each set.

    References
    ----------
    .. [1] N. Ghamrawi and A. McCallum, "Collective multi-label classification", CIKM 2005,
       pp. 195-200, https://doi.org/10.1145/1099554.1099591. The loss uses the inference over the
       label combinations of the training data.
    """

    sets: torch.Tensor
    counts: torch.Tensor

    def __init__(self, sets: torch.Tensor, counts: torch.Tensor):
        super().__init__()
        self.register_buffer("sets", sets)
        self.register_buffer("counts", counts)

    def change(self, label_sets: LabelSets) -> None:
        """Replace the sets and counts, on the same device."""
        for name, array in label_sets._asdict().items():
            setattr(self, name, torch.from_numpy(array).float().to(self.sets.device))

    @property
    def label_sets(self) -> LabelSets:
        return LabelSets(self.sets.cpu().numpy(), self.counts.cpu().numpy())

    def forward(self, logits: torch.Tensor, target: Any) -> torch.Tensor:
        target, weight = (target, None) if isinstance(target, torch.Tensor) else target
        n_differing = target.sum(1, keepdim=True) + self.sets.sum(1) - 2 * target @ self.sets.T
        same = (n_differing < 0.5).to(logits.dtype)
        seen = same.any(1)
        count = torch.where(seen, same @ self.counts.to(logits.dtype), 0.5)
        of_target = (logits * target).sum(1) + torch.log(count)
        of_all = torch.logsumexp(self._scores(logits), dim=1)
        of_all = torch.where(seen, of_all, torch.logaddexp(of_all, of_target))
        loss = (of_all - of_target) / target.shape[1]
        return loss.mean() if weight is None else (loss * weight).mean()

    def probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the probability of each label, summed over the sets that contain it."""
        return torch.softmax(self._scores(logits), dim=1) @ self.sets

    def _scores(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the log probability of each set up to a constant, of shape (n, n_sets)."""
        return logits @ self.sets.T + torch.log(self.counts).to(logits.dtype)


def _focused(logits: torch.Tensor, gamma: float) -> torch.Tensor:
    """Return ``-(1 - p)**gamma * log(p)``, with finite value and gradient for any logit of p."""
    return -torch.exp(gamma * logsigmoid(-logits)) * logsigmoid(logits)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _at_least_zero(name: str, value: Any) -> float:
    if not (_is_number(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
    return value


class MulticlassCrossEntropyLoss(nn.CrossEntropyLoss):
    """Cross-entropy of logits against class numbers, averaged over samples.

    The target is a tensor of class numbers (n,), or a pair of this tensor and the sample weights
    (n,). Weights multiply the loss, as in scikit-learn. The mean is over samples and, unlike in
    torch, is not divided by the class weights.
    """

    def forward(self, logits: torch.Tensor, target: Any) -> torch.Tensor:
        target, weight = (target, None) if isinstance(target, torch.Tensor) else target
        loss = cross_entropy(
            logits, target, self.weight, label_smoothing=self.label_smoothing, reduction="none"
        )
        return loss.mean() if weight is None else (loss * weight).mean()


#: Losses of a 0/1 matrix, each with the parameters that `loss_params` may hold.
LOSSES: dict[str, tuple[type[nn.Module], tuple[str, ...]]] = {
    "bce": (MultiLabelBCELoss, ()),
    "focal": (MultiLabelFocalLoss, ("gamma", "alpha")),
    "asymmetric": (MultiLabelAsymmetricLoss, ("gamma_neg", "gamma_pos", "clip")),
    "label_sets": (MultiLabelSetLoss, ()),
}


def criterion_params(
    loss: str,
    loss_params: Mapping[str, Any],
    multilabel: bool,
    class_weight: np.ndarray | None = None,
    label_sets: LabelSets | None = None,
) -> dict[str, Any]:
    """Return the criterion and its parameters in the form of skorch.

    Parameters
    ----------
    loss : str
        Parameter `loss` of the classifier.
    loss_params : mapping
        Parameters of the loss.
    multilabel : bool
        Whether the target is a 0/1 matrix. A 1-d target uses cross-entropy.
    class_weight : ndarray of shape (n_labels,) or (n_classes,), or None
        Weight of each label's positives, or of each class.
    label_sets : LabelSets or None
        Label sets of the training samples. If given, the loss is `MultiLabelSetLoss`. If None, the
        loss "label_sets" becomes binary cross-entropy.
    """
    params: dict[str, Any] = {"criterion": MulticlassCrossEntropyLoss}
    if label_sets is not None:
        params["criterion"] = MultiLabelSetLoss
        for name, array in label_sets._asdict().items():
            params[f"criterion__{name}"] = torch.from_numpy(array).float()
    elif multilabel:
        params["criterion"] = LOSSES["bce" if loss in ("auto", "label_sets") else loss][0]
        for name, value in loss_params.items():
            params[f"criterion__{name}"] = value
    if class_weight is not None:
        name = "criterion__pos_weight" if multilabel else "criterion__weight"
        params[name] = torch.tensor(class_weight, dtype=torch.float32)
    return params


def check_loss(
    loss: str,
    loss_params: Mapping[str, Any],
    class_weight: object,
    net_params: Mapping[str, Any],
    multilabel: bool,
) -> None:
    """Refuse a loss, loss parameters or `net_params` that do not suit the target."""
    if not multilabel and loss not in ("auto", "bce"):
        raise ValueError(
            f"loss={loss!r} needs a 0/1 matrix, but y is 1-d and is trained by cross-entropy: "
            "leave loss at 'auto', or make y a 0/1 matrix with a column for each label"
        )
    if loss == "label_sets" and class_weight is not None:
        raise ValueError(
            "class_weight cannot be used with loss='label_sets', which takes the labels of a "
            "sample together: weigh samples (sample_weight in fit), or set loss to 'bce'"
        )
    _check_loss_params(loss, loss_params)
    if "criterion" in net_params:
        given = {
            "loss": loss not in ("auto", "bce"),
            "loss_params": bool(loss_params),
            "class_weight": class_weight is not None,
        }
        unused = [name for name in given if given[name]]
        if unused:
            raise ValueError(
                f"{' and '.join(unused)} cannot be used with a criterion of your own: leave "
                f"{'it' if len(unused) == 1 else 'them'} out, or 'criterion' in net_params"
            )
    if loss == "label_sets":
        own = sorted(name for name in net_params if name.startswith("criterion__"))
        if own:
            raise ValueError(
                f"net_params holds {own}, but loss='label_sets' takes no parameters: leave them "
                "out, or set loss to 'bce'"
            )
    some = None if class_weight is None else np.ones(1)
    set_here = criterion_params(loss, loss_params, multilabel, some).keys() - {"criterion"}
    twice = net_params.keys() & set_here
    if twice:
        raise ValueError(
            f"net_params holds {sorted(twice)}, which loss_params or class_weight sets already: "
            "leave one of them out"
        )


def _check_loss_params(loss: str, params: Mapping[str, Any]) -> None:
    criterion, names = LOSSES["bce" if loss == "auto" else loss]
    unknown = [name for name in params if name not in names]
    if unknown and not names:
        others = "; ".join(
            f"loss={other!r} takes {_taken(other)}" for other, (_, taken) in LOSSES.items() if taken
        )
        raise ValueError(
            f"loss={loss!r} takes no parameters, but loss_params holds "
            f"{', '.join(map(repr, unknown))}. {others}"
        )
    if unknown:
        raise ValueError(
            f"loss_params holds {', '.join(map(repr, unknown))}, but loss={loss!r} takes "
            f"{_taken(loss)}{did_you_mean(str(unknown[0]), names)}"
        )
    try:
        if params:
            criterion(**params)
    except ValueError as error:
        raise ValueError(
            f"loss_params is not what loss={loss!r} takes, which is {_taken(loss)}: {error}"
        ) from None


def _taken(loss: str) -> str:
    criterion, names = LOSSES[loss]
    defaults = signature(criterion).parameters
    return ", ".join(f"{name} (default {defaults[name].default})" for name in names)
