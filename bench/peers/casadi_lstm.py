"""CasADi: an LSTM with a linear readout and softmax cross-entropy, by its reverse mode.

A step is a function of matrices (MX), a sequence calls it again and again, the gradient is a function that CasADi derives
of that. `bptt` runs it as C that CasADi writes, compiled by the system's compiler; `bptt_vm` on CasADi's own virtual
machine; both in double, the precision that CasADi calls functions in. `first` and `first_vm` take the whole way from
nothing to a gradient. (A step of single numbers, SX, has a line of C for each of 82,000 products: nothing to compile.)
"""

import peer

import os
import tempfile

import casadi as ca
import numpy as np


def step(n, m):
    h, c, x, target = ca.MX.sym("h", n), ca.MX.sym("c", n), ca.MX.sym("x", m), ca.MX.sym("target", peer.CLASSES)
    W, V, d = ca.MX.sym("W", 4 * n, m + n + 1), ca.MX.sym("V", peer.CLASSES, n), ca.MX.sym("d", peer.CLASSES)
    i, f, g, o = ca.vertsplit(W @ ca.vertcat(x, h, 1), n)
    sigmoid = lambda a: 1 / (1 + ca.exp(-a))
    c_new = sigmoid(f) * c + sigmoid(i) * ca.tanh(g)
    h_new = sigmoid(o) * ca.tanh(c_new)
    y = V @ h_new + d
    loss = ca.log(ca.sum1(ca.exp(y))) - ca.dot(target, y)
    return ca.Function("step", [ca.vertcat(h, c), x, target, W, V, d], [ca.vertcat(h_new, c_new), loss])


def gradient(n, m, T):
    x, target = ca.MX.sym("x", m, T), ca.MX.sym("target", peer.CLASSES, T)
    W, V, d = ca.MX.sym("W", 4 * n, m + n + 1), ca.MX.sym("V", peer.CLASSES, n), ca.MX.sym("d", peer.CLASSES)
    one, state, loss = step(n, m), ca.MX(2 * n, 1), 0
    for t in range(T):
        state, now = one(state, x[:, t], target[:, t], W, V, d)
        loss += now
    return ca.Function("gradient", [x, target, W, V, d], [ca.gradient(loss, p) for p in (W, V, d)])


def numbers(n, m, T):
    draw = np.random.default_rng(1)
    p = m + n + 1
    return [draw.normal(size=(m, T)), np.eye(peer.CLASSES)[draw.integers(peer.CLASSES, size=T)].T,
            draw.normal(0, p**-0.5, (4 * n, p)), draw.normal(0, n**-0.5, (peer.CLASSES, n)), np.zeros(peer.CLASSES)]


def compiled(function):
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "gradient.c"), os.path.join(folder, "gradient.so")
        generator = ca.CodeGenerator("gradient.c")
        generator.add(function)
        generator.generate(folder + os.sep)
        if os.system(f"cc -O3 -march=native -shared -fPIC -o {library} {source} -lm") != 0:
            raise RuntimeError("CasADi's C does not compile")
        return ca.external("gradient", library)


def interpreted(function):
    return function


def maker(ready, anew=False):
    def make(n, m, B, T):
        assert B == 1
        arguments = [ca.DM(a) for a in numbers(n, m, T)]
        if anew:
            return lambda: ready(gradient(n, m, T))(*arguments)
        function = ready(gradient(n, m, T))
        return lambda: function(*arguments)

    return make


MAKERS = {
    "bptt": maker(compiled),
    "bptt_vm": maker(interpreted),
    "first": maker(compiled, anew=True),
    "first_vm": maker(interpreted, anew=True),
}
peer.main(MAKERS, [(what, 128, 32, 1, 20, 5) for what in MAKERS], f"CasADi {ca.__version__}")
