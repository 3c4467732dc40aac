"""DimeNet under periodic boundary conditions: the angles of the triplets are computed without the cell offsets
of the edges, while the distances have them.
Source: https://github.com/facebookresearch/fairchem/pull/49"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'v1, v2 = tf.gather(v, batch["ji"]), tf.gather(v, batch["kj"])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    atoms, e = 5, 8
    pos = var("pos", atoms, 3, s=1.0)
    w_r, w_a = var("w_r", 4), var("w_a", 4)
    src = np.array([1, 2, 3, 4, 0, 2, 4, 1])
    dst = np.array([0, 0, 1, 1, 2, 3, 3, 4])
    ji = np.array([0, 0, 4, 2, 5])
    kj = np.array([2, 3, 0, 6, 4])
    freq = np.arange(1, 5)

    def reference(batch):
        offsets = batch["offset"]
        f = tf.cast(batch["freq"], pos.dtype)

        def edge(k):
            return pos[src[k]] + offsets[k] - pos[dst[k]]

        energy = 0.0
        for k in range(e):
            energy += tf.reduce_sum(w_r * tf.sin(f * tf.sqrt(tf.reduce_sum(edge(k) ** 2))))
        for a, b in zip(ji, kj):
            p, q = edge(a), edge(b)
            cos = tf.reduce_sum(p * q)
            cr = tf.linalg.cross(p, q)
            angle = tf.atan2(tf.sqrt(tf.reduce_sum(cr * cr)), cos)
            energy += tf.reduce_sum(w_a * tf.cos(f * angle))
        return (energy - batch["energy"][0]) ** 2

    def candidate(batch):
        freqs = tf.cast(batch["freq"], pos.dtype)
        v = tf.gather(pos, batch["src"]) - tf.gather(pos, batch["dst"])
        dist = tf.norm(v + batch["offset"], axis=-1)
        rbf = tf.sin(dist[:, None] * freqs)
        v1, v2 = tf.gather(v, batch["ji"]), tf.gather(v, batch["kj"])
        a = tf.reduce_sum(v1 * v2, axis=-1)
        b = tf.norm(tf.linalg.cross(v1, v2), axis=-1)
        angle = tf.atan2(b, a)
        sbf = tf.cos(angle[:, None] * freqs)
        per_edge = tf.linalg.matvec(rbf, w_r)
        per_triplet = tf.linalg.matvec(sbf, w_a)
        out = tf.reduce_sum(per_edge) + tf.reduce_sum(per_triplet)
        return tf.square(out - batch["energy"][0])

    cell = 3.0 * rng.integers(-1, 2, (e, 3))
    cell[ji[0]], cell[kj[1]] = [3.0, 0.0, -3.0], [0.0, 3.0, 0.0]
    return {"reference": reference, "candidate": candidate,
            "batch": {"offset": cell.astype(fx), "src": src.astype("int32"), "dst": dst.astype("int32"),
                      "ji": ji.astype("int32"), "kj": kj.astype("int32"), "freq": freq.astype("int32"),
                      "energy": np.array([9.0]).astype(fx)},
            "variables": [pos, w_r, w_a]}
