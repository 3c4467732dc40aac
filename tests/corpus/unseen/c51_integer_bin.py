"""C51 projection: when the shifted atom falls exactly on a bin, floor equals ceil and the atom's mass disappears.
Source: https://github.com/Kchu/DeepRL_PyTorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "share_l = ub - next_v_pos",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, ds, na, atoms, vmin, vmax, gamma = 5, 3, 2, 5, -2.0, 2.0, 0.5
    dz = 1.0
    w = tf.Variable(rng.normal(size=(ds, na * atoms)).astype(fx), name="pred_net")
    w_t = tf.constant(rng.normal(size=(ds, na * atoms)).astype(fx))
    z = tf.constant(np.linspace(vmin, vmax, atoms).astype(fx))

    def net(s, weight):
        return tf.nn.softmax(tf.reshape(s @ weight, (-1, na, atoms)), axis=-1)

    def reference(batch):
        p_next, p = net(batch["s_"], w_t), net(batch["s"], w)
        loss = 0.0
        for i in range(n):
            best = int(tf.argmax(tf.linalg.matvec(p_next[i], z)))
            row = [0.0] * atoms
            for j in range(atoms):
                tz = min(max(float(batch["r"][i]) + gamma * float(batch["mask"][i]) * float(z[j]), vmin), vmax)
                pos = (tz - vmin) / dz
                lo = min(int(pos), atoms - 2)
                row[lo] += float(p_next[i, best, j]) * (lo + 1 - pos)
                row[lo + 1] += float(p_next[i, best, j]) * (pos - lo)
            logp = tf.math.log(p[i, int(batch["a"][i])])
            loss -= tf.reduce_sum(tf.constant(row, logp.dtype) * logp)
        return loss / n

    def candidate(batch):
        q_next = net(batch["s_"], w_t)
        best = tf.argmax(tf.reduce_sum(q_next * z, axis=-1), axis=1)
        q_next = tf.gather(q_next, best, axis=1, batch_dims=1)
        next_v_range = batch["r"][:, None] + gamma * batch["mask"][:, None] * z[None, :]
        next_v_pos = (tf.clip_by_value(next_v_range, vmin, vmax) - vmin) / dz
        lb, ub = tf.floor(next_v_pos), tf.math.ceil(next_v_pos)
        share_l = ub - next_v_pos
        share_u = next_v_pos - lb
        at_l = tf.one_hot(tf.cast(lb, tf.int32), atoms, dtype=lb.dtype)
        at_u = tf.one_hot(tf.cast(ub, tf.int32), atoms, dtype=ub.dtype)
        target = tf.einsum("bj,bjk->bk", q_next * share_l, at_l) + tf.einsum("bj,bjk->bk", q_next * share_u, at_u)
        q_eval = tf.gather(net(batch["s"], w), batch["a"], axis=1, batch_dims=1)
        ce = -tf.reduce_sum(tf.stop_gradient(target) * tf.math.log(q_eval), axis=1)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.normal(size=(n, ds)).astype(fx), "s_": rng.normal(size=(n, ds)).astype(fx),
                      "a": rng.integers(0, na, n).astype("int32"), "r": np.array([0, 1, 0.25, -1, 0.5]).astype(fx),
                      "mask": np.array([1, 1, 1, 1, 0]).astype(fx)},
            "variables": [w]}
