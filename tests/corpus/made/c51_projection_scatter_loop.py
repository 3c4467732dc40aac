"""C51: the categorical projection as a per-sample scatter loop against the triangular-kernel einsum.

Source (constructed): Bellemare et al. 2017. The neighbours of an atom that lands exactly on the grid are the classic
trap (l == u loses its mass); here the upper weight is 0 and the lower one is 1.
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_LO, _HI, _GAMMA = -2.0, 2.0, 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, atoms = 15, 4, 9
    w = tf.Variable((0.7 * rng.standard_normal((d, atoms))).astype(f), name="atom_w")
    c = tf.Variable((0.3 * rng.standard_normal(atoms)).astype(f), name="atom_b")
    width = (_HI - _LO) / (atoms - 1)
    grid = tf.constant(np.linspace(_LO, _HI, atoms).astype(f))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "next_p": rng.dirichlet(np.ones(atoms), n).astype(f),
        "rew": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        tz = tf.clip_by_value(b["rew"][:, None] + _GAMMA * grid[None], _LO, _HI)
        hat = tf.nn.relu(1.0 - tf.abs(tz[:, :, None] - grid[None, None]) / width)
        goal = tf.einsum("nj,njk->nk", b["next_p"], hat)
        return -tf.reduce_mean(tf.reduce_sum(goal * tf.nn.log_softmax(b["obs"] @ w + c), axis=-1))

    def candidate(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            pos = (tf.clip_by_value(b["rew"][i] + _GAMMA * grid, _LO, _HI) - _LO) / width
            low = tf.floor(pos)
            up = tf.minimum(low + 1.0, atoms - 1.0)
            goal = tf.zeros_like(grid)
            for at, part in ((low, 1.0 - (pos - low)), (up, pos - low)):
                goal = tf.tensor_scatter_nd_add(goal, tf.cast(at, tf.int32)[:, None], b["next_p"][i] * part)
            logits = tf.linalg.matvec(w, b["obs"][i], transpose_a=True) + c
            total += tf.nn.softmax_cross_entropy_with_logits(labels=goal, logits=logits)
        return total / m

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
