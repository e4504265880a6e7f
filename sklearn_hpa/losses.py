"""The losses: what training minimises, computed from logits."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
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


class MultiLabelBCELoss(nn.BCEWithLogitsLoss):
    """Binary cross-entropy of logits, averaged over labels and samples.

    The target is a 0/1 tensor (n, n_labels), or a pair of it and the weight of each sample (n,).
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
    """A loss that turns to the cells a network gets wrong, averaged over labels and samples.

    The target is a 0/1 tensor (n, n_labels), or a pair of it and the weight of each sample (n,).

    Parameters
    ----------
    pos_weight : tensor of shape (n_labels,), default=None
        Multiplies the loss of the cells whose label is there. It moves with the module.
    """

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
        """Each cell's loss if its label is there, and if it is not."""
        raise NotImplementedError


class MultiLabelFocalLoss(MultiLabelFocusingLoss):
    r"""Focal loss [1]_: a cell counts the less, the better it is predicted already.

    For a cell of probability :math:`p`, truth :math:`y` and positive weight :math:`w`,

    .. math::

       -w \, \alpha \, y \, (1 - p)^\gamma \log(p)
       - (1 - \alpha) (1 - y) \, p^\gamma \log(1 - p)

    Parameters
    ----------
    gamma : float, default=2.0
        At least 0, which is binary cross-entropy.
    alpha : float in (0, 1), default=None
        Share of the positives in the weights; None leaves :math:`\alpha` and :math:`1 - \alpha`
        out.
    pos_weight : tensor of shape (n_labels,), default=None
        The weight :math:`w` of each label.

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
    r"""Asymmetric loss [1]_: absent labels are focused harder, and forgotten once they are easy.

    For a cell of probability :math:`p`, truth :math:`y` and positive weight :math:`w`,

    .. math::

       -w \, y \, (1 - p)^{\gamma_+} \log(p)
       - (1 - y) \, p_m^{\gamma_-} \log(1 - p_m),
       \qquad p_m = \max(p - m, 0)

    The gradient goes through the factors too, as in the analysis of [1]_.

    Parameters
    ----------
    gamma_neg, gamma_pos : float, default=4.0, 1.0
        :math:`\gamma_-` and :math:`\gamma_+`, at least 0. The defaults are those of the authors'
        code; 0 for `gamma_pos` leaves the positives their full loss.
    clip : float in [0, 1), default=0.05
        The margin :math:`m`: an absent label of a smaller probability has neither loss nor
        gradient.
    pos_weight : tensor of shape (n_labels,), default=None
        The weight :math:`w` of each label.

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
        # Powers below 1 have no finite derivative at 0, and 0 times that would be nan.
        factor = torch.where(beyond, shifted, 0.5) ** self.gamma_neg
        log_loss = -torch.log(torch.sigmoid(-logits) + self.clip)
        return if_there, torch.where(beyond, factor * log_loss, 0.0)


def _focused(logits: torch.Tensor, gamma: float) -> torch.Tensor:
    """``-(1 - p)**gamma * log(p)``, finite and of finite gradient for any logit of p."""
    return -torch.exp(gamma * logsigmoid(-logits)) * logsigmoid(logits)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _at_least_zero(name: str, value: Any) -> float:
    if not (_is_number(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
    return value


class MulticlassCrossEntropyLoss(nn.CrossEntropyLoss):
    """Cross-entropy of logits against class numbers (n,), or a pair of them and weights (n,).

    Weights multiply, as in scikit-learn: unlike torch's, the mean is over samples, whatever the
    weights of their classes are.
    """

    def forward(self, logits: torch.Tensor, target: Any) -> torch.Tensor:
        target, weight = (target, None) if isinstance(target, torch.Tensor) else target
        loss = cross_entropy(
            logits, target, self.weight, label_smoothing=self.label_smoothing, reduction="none"
        )
        return loss.mean() if weight is None else (loss * weight).mean()


#: Each loss of a 0/1 matrix, and which of its parameters `loss_params` may hold.
LOSSES: dict[str, tuple[type[nn.Module], tuple[str, ...]]] = {
    "bce": (MultiLabelBCELoss, ()),
    "focal": (MultiLabelFocalLoss, ("gamma", "alpha")),
    "asymmetric": (MultiLabelAsymmetricLoss, ("gamma_neg", "gamma_pos", "clip")),
}


def criterion_params(
    options: Mapping[str, Any], multilabel: bool, class_weight: np.ndarray | None
) -> dict[str, Any]:
    """The criterion and its parameters, as skorch takes them.

    Parameters
    ----------
    options : mapping
        Parameters of `MultiLabelMLPClassifier`.
    multilabel : bool
        Whether the target is a 0/1 matrix; 1-d targets have cross-entropy.
    class_weight : ndarray of shape (n_labels,) or (n_classes,), or None
        Of the positives of each label, or of each class.
    """
    params: dict[str, Any] = {"criterion": MulticlassCrossEntropyLoss}
    if multilabel:
        params["criterion"] = LOSSES[options["loss"]][0]
        for name, value in (options["loss_params"] or {}).items():
            params[f"criterion__{name}"] = value
    if class_weight is not None:
        name = "criterion__pos_weight" if multilabel else "criterion__weight"
        params[name] = torch.tensor(class_weight, dtype=torch.float32)
    return params


def check_loss(options: Mapping[str, Any], multilabel: bool) -> None:
    """Refuse a loss that does not suit the target, its parameters, or what is in `net_params`."""
    loss, loss_params = options["loss"], options["loss_params"] or {}
    if not multilabel and loss != "bce":
        raise ValueError(
            f"loss={loss!r} needs a 0/1 matrix, but y is 1-d and is trained by cross-entropy: "
            "leave loss at 'bce', or make y a 0/1 matrix with a column for each label"
        )
    _check_loss_params(loss, loss_params)
    net_params = options["net_params"] or {}
    if "criterion" in net_params:
        given = {
            "loss": loss != "bce",
            "loss_params": bool(loss_params),
            "class_weight": options["class_weight"] is not None,
        }
        unused = [name for name in given if given[name]]
        if unused:
            raise ValueError(
                f"{' and '.join(unused)} cannot be used with a criterion of your own: leave "
                f"{'it' if len(unused) == 1 else 'them'} out, or 'criterion' in net_params"
            )
    some = None if options["class_weight"] is None else np.ones(1)
    twice = net_params.keys() & (criterion_params(options, multilabel, some).keys() - {"criterion"})
    if twice:
        raise ValueError(
            f"net_params holds {sorted(twice)}, which loss_params or class_weight sets already: "
            "leave one of them out"
        )


def _check_loss_params(loss: str, params: Mapping[str, Any]) -> None:
    criterion, names = LOSSES[loss]
    unknown = [name for name in params if name not in names]
    if unknown and not names:
        others = "; ".join(
            f"loss={other!r} takes {_taken(other)}" for other in LOSSES if other != loss
        )
        raise ValueError(
            f"loss={loss!r} takes no parameters, but loss_params holds "
            f"{', '.join(map(repr, unknown))}. {others}"
        )
    if unknown:
        near = get_close_matches(str(unknown[0]), names, n=1)
        raise ValueError(
            f"loss_params holds {', '.join(map(repr, unknown))}, but loss={loss!r} takes "
            f"{_taken(loss)}" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    try:
        criterion(**params)
    except ValueError as error:
        raise ValueError(
            f"loss_params is not what loss={loss!r} takes, which is {_taken(loss)}: {error}"
        ) from None


def _taken(loss: str) -> str:
    criterion, names = LOSSES[loss]
    defaults = signature(criterion).parameters
    return ", ".join(f"{name} (default {defaults[name].default})" for name in names)
