"""braintrace: its LSTM with a linear readout learning online by D-RTRL, pp-prop (O(n) memory) and UORO."""

import peer

import braintrace
import brainstate
import jax
import jax.numpy as jnp
import numpy as np


class Network(brainstate.nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.cell = braintrace.nn.LSTMCell(m, n)
        self.readout = braintrace.nn.Linear(n, peer.CLASSES)

    def update(self, x):
        return self.readout(self.cell(x))


def cross_entropy(y, target):
    return -jnp.sum(target * jax.nn.log_softmax(y), axis=-1).sum(axis=-1)


def maker(algorithm, window=None, **options):
    """window: how many steps a call takes, for an algorithm that learns in windows."""

    def make(n, m, B, T):
        brainstate.random.seed(1)
        draw = np.random.default_rng(2)
        x = jnp.asarray(draw.normal(size=(T, B, m)), jnp.float32)
        target = jax.nn.one_hot(draw.integers(peer.CLASSES, size=(T, B)), peer.CLASSES)
        wrapped = braintrace.MultiStepData if window else lambda x: x
        learner = braintrace.compile(Network(n, m), algorithm, wrapped(x[:window] if window else x[0]), batch_size=B,
                                     **options)

        @brainstate.transform.jit
        def gradient(x, target):
            return learner.etrace_grad(x, target, step_fn=lambda x, t: cross_entropy(learner(wrapped(x)), t),
                                       chunk_size=window, reduction="sum")

        return lambda: jax.block_until_ready(gradient(x, target))

    return make


MAKERS = {
    "d_rtrl": maker("d_rtrl"),
    "pp_prop": maker("pp_prop", decay_or_rank=0.9),
    "uoro": maker("uoro", vjp_method="single-step"),
}
peer.main(MAKERS, [(what, n, n // 4, 1, 100, 5) for n in (128, 256) for what in MAKERS],
          f"braintrace {braintrace.__version__}")
