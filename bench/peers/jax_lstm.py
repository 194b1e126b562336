"""JAX: an LSTM and a tanh network written by hand as scans: backpropagation, e-prop, and real-time recurrent learning.

A linear readout with softmax cross-entropy at each step, as in the other peers. The four gates are one matrix over
[x; h; 1], the form that is fastest for XLA.
"""

import peer

import jax
import jax.numpy as jnp
import numpy as np


def network(n, m, gates, seed=1):
    draw = np.random.default_rng(seed)
    p = m + n + 1
    return {"W": jnp.asarray(draw.normal(0, p**-0.5, (gates * n, p)), jnp.float32),
            "V": jnp.asarray(draw.normal(0, n**-0.5, (peer.CLASSES, n)), jnp.float32),
            "d": jnp.zeros(peer.CLASSES)}


def data(m, B, T, seed=2):
    draw = np.random.default_rng(seed)
    return (jnp.asarray(draw.normal(size=(T, B, m)), jnp.float32), jnp.asarray(draw.integers(peer.CLASSES, size=(T, B))))


def runner(gradient, *arguments):
    compiled = jax.jit(gradient)
    return lambda: jax.block_until_ready(compiled(*arguments))


def gates_of(W, pre):
    i, f, g, o = jnp.split(pre @ W.T, 4, axis=-1)
    return jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)


def bptt(n, m, B, T):
    def loss(net, x, target):
        def step(state, now):
            h, c = state
            x, target = now
            i, f, g, o = gates_of(net["W"], jnp.concatenate([x, h, jnp.ones((B, 1))], axis=1))
            c = f * c + i * g
            h = o * jnp.tanh(c)
            y = jax.nn.log_softmax(h @ net["V"].T + net["d"])
            return (h, c), -jnp.take_along_axis(y, target[:, None], axis=1).sum()

        zero = jnp.zeros((B, n))
        return jax.lax.scan(step, (zero, zero), (x, target))[1].sum()

    return runner(jax.grad(loss), network(n, m, 4), *data(m, B, T))


def output_error(net, h, target):
    """dloss/dy, and the learning signal that it sends to h."""
    error = jax.nn.softmax(net["V"] @ h + net["d"]) - jax.nn.one_hot(target, peer.CLASSES)
    return error, net["V"].T @ error


def eprop(n, m, B, T):
    """Traces of c for the input, forget and cell gates; the output gate's influence doesn't outlive its step."""
    assert B == 1

    def gradient(net, x, target):
        def step(carry, now):
            h, c, trace, dW, dV, dd = carry
            x, target = now
            pre = jnp.concatenate([x, h, jnp.ones(1)])
            i, f, g, o = gates_of(net["W"], pre)
            factor = jnp.stack([g * i * (1 - i), c * f * (1 - f), i * (1 - g * g)])
            c = f * c + i * g
            out = jnp.tanh(c)
            h = o * out
            trace = f[:, None] * trace + factor[:, :, None] * pre
            error, signal = output_error(net, h, target)
            to_c = signal * o * (1 - out * out)
            to_o = signal * out * o * (1 - o)
            dW = dW.at[:3].add(to_c[:, None] * trace).at[3].add(to_o[:, None] * pre)
            return (h, c, trace, dW, dV + jnp.outer(error, h), dd + error), None

        p = m + n + 1
        start = (jnp.zeros(n), jnp.zeros(n), jnp.zeros((3, n, p)), jnp.zeros((4, n, p)),
                 jnp.zeros((peer.CLASSES, n)), jnp.zeros(peer.CLASSES))
        return jax.lax.scan(step, start, (x, target))[0][3:]

    x, target = data(m, 1, T)
    return runner(gradient, network(n, m, 4), x[:, 0], target[:, 0])


def rtrl_tanh(n, m, B, T):
    """h = tanh(W [x; h; 1]): the whole influence of W on h, n x (n p), and a gradient at every step."""
    assert B == 1

    def gradient(net, x, target):
        R = net["W"][:, m:m + n]

        def step(carry, now):
            h, influence, dW, dV, dd = carry
            x, target = now
            pre = jnp.concatenate([x, h, jnp.ones(1)])
            h = jnp.tanh(net["W"] @ pre)
            influence = (R @ influence.reshape(n, -1)).reshape(n, n, -1)
            own = jnp.arange(n)
            influence = (1 - h * h)[:, None, None] * influence.at[own, own].add(pre)
            error, signal = output_error(net, h, target)
            dW = dW + (signal @ influence.reshape(n, -1)).reshape(dW.shape)
            return (h, influence, dW, dV + jnp.outer(error, h), dd + error), None

        p = m + n + 1
        start = (jnp.zeros(n), jnp.zeros((n, n, p)), jnp.zeros((n, p)), jnp.zeros((peer.CLASSES, n)),
                 jnp.zeros(peer.CLASSES))
        return jax.lax.scan(step, start, (x, target))[0][2:]

    x, target = data(m, 1, T)
    return runner(gradient, network(n, m, 1), x[:, 0], target[:, 0])


peer.main({"bptt": bptt, "eprop": eprop, "rtrl_tanh": rtrl_tanh},
          [("bptt", n, n // 4, B, 100, 11) for n in (128, 256) for B in (1, 32)]
          + [("eprop", n, n // 4, 1, 100, 11) for n in (128, 256, 512)] + [("rtrl_tanh", 128, 32, 1, 20, 5)],
          f"jax {jax.__version__}")
