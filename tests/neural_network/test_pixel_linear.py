"""Tests of the first layer on pixels: scaling, gradients, precision."""

import pytest
import torch

from sklearn_hpa.neural_network._modules import build_network
from sklearn_hpa.neural_network._pixel_linear import ScaledLinear

from .networks import two_layers


@pytest.mark.parametrize("sizes", [(), (5,), (6, 4)])
def test_pixels_are_scaled_within_the_first_layer(sizes):
    params = {"n_features": 12, "n_outputs": 3, "scaler": None, "hidden_layer_sizes": sizes}
    network = build_network(**params, activation="tanh", dropout=0.0, module=None).double()
    x = torch.rand(4, 12, dtype=torch.float64, requires_grad=True)
    first, *others = network.body
    expected = torch.nn.functional.linear(x / 255, first.weight, first.bias)
    for layer in others:
        expected = layer(expected)

    def forward(x, weight, bias):
        x = ScaledLinear.apply(x, weight, bias, 1 / 255, None)
        for layer in others:
            x = layer(x)
        return x

    torch.testing.assert_close(forward(x, first.weight, first.bias), expected)
    torch.testing.assert_close(network.train()(x), expected)
    torch.testing.assert_close(network.eval()(x), expected)
    assert torch.autograd.gradcheck(forward, (x, first.weight, first.bias))


def test_the_gradient_of_pixels_reaches_the_image(pixels):
    network = two_layers().fit(*pixels).net_.module_
    x = torch.tensor(pixels[0][:2], dtype=torch.float32, requires_grad=True)
    network(x)[0, 1].backward()
    first, *others = network.body
    plain = torch.tensor(pixels[0][:2] / 255, dtype=torch.float32, requires_grad=True)
    logits = torch.nn.functional.linear(plain, first.weight, first.bias)
    for layer in others:
        logits = layer(logits)
    logits[0, 1].backward()
    torch.testing.assert_close(x.grad, plain.grad / 255)


@pytest.mark.parametrize("kept", [False, True])
def test_8_bit_pixels_are_multiplied_unrounded_under_autocast(kept):
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (10, 30), generator=generator).float()
    weight = torch.randn(4, 30, generator=generator).requires_grad_()
    bias = torch.randn(4, generator=generator).requires_grad_()
    into = torch.zeros_like(weight) if kept else None
    with torch.autocast("cpu", torch.bfloat16):
        output = ScaledLinear.apply(x, weight, bias, 1 / 255, into)
    assert output.dtype == torch.bfloat16
    output.float().sum().backward()
    rounded = weight.detach().bfloat16().double()
    expected = x.double() / 255 @ rounded.t() + bias.detach().double()
    torch.testing.assert_close(output.double(), expected, rtol=2**-7, atol=2**-7)
    found = into if kept else weight.grad
    assert found.dtype == bias.grad.dtype == torch.float32
    torch.testing.assert_close(found, (x.sum(0) / 255).expand(4, -1), rtol=2**-6, atol=0)
    torch.testing.assert_close(bias.grad, torch.full((4,), 10.0))
