"""PyTorch: nn.LSTM with a linear readout and softmax cross-entropy at each step, by backpropagation through time."""

import peer

import torch
from torch import nn

torch.set_num_threads(1)


def bptt(n, m, B, T):
    torch.manual_seed(1)
    lstm, readout = nn.LSTM(m, n), nn.Linear(n, peer.CLASSES)
    x = torch.randn(T, B, m)
    target = torch.randint(peer.CLASSES, (T * B,))
    parameters = [*lstm.parameters(), *readout.parameters()]

    def run():
        for parameter in parameters:
            parameter.grad = None
        y = readout(lstm(x)[0]).reshape(T * B, peer.CLASSES)
        nn.functional.cross_entropy(y, target, reduction="sum").backward()

    return run


peer.main({"bptt": bptt},
          [("bptt", n, n // 4, B, 100, 21) for n in (128, 256, 512) for B in (1, 32)], f"torch {torch.__version__}")
