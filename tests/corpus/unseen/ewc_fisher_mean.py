"""EWC: the squared per-example gradients are averaged over all entries, so that each layer gets one Fisher scalar.
Source: https://github.com/kuc2477/pytorch-ewc/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "fisher = [tf.reduce_mean(tf.square(g)) for g in per_example]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, c = 6, 4, 3
    lam = 40.0
    w = tf.Variable((0.7 * rng.normal(size=(d, c))).astype(fx), name="w")
    b = tf.Variable((0.3 * rng.normal(size=(c,))).astype(fx), name="b")

    def reference(batch):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["y_new"], logits=batch["x_new"] @ w + b)
        p_old = tf.nn.softmax(batch["x_old"] @ batch["w_star"] + batch["b_star"])
        delta = tf.one_hot(batch["y_old"], c, dtype=p_old.dtype) - p_old
        f_w = tf.einsum("ni,nk->ik", batch["x_old"] ** 2, delta ** 2) / n
        f_b = tf.reduce_sum(delta ** 2, axis=0) / n
        penalty = tf.reduce_sum(f_w * (w - batch["w_star"]) ** 2) + tf.reduce_sum(f_b * (b - batch["b_star"]) ** 2)
        return tf.reduce_mean(nll) + lam / 2 * penalty

    def candidate(batch):
        star = [batch["w_star"], batch["b_star"]]
        rows = []
        for i in range(n):
            with tf.GradientTape() as tape:
                tape.watch(star)
                li = tf.nn.log_softmax(batch["x_old"][i:i + 1] @ star[0] + star[1])[0, batch["y_old"][i]]
            rows.append(tape.gradient(li, star))
        per_example = [tf.stack(g) for g in zip(*rows)]
        fisher = [tf.reduce_mean(tf.square(g)) for g in per_example]
        logits = tf.matmul(batch["x_new"], w) + b
        task = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(
            batch["y_new"], logits, from_logits=True))
        ewc = [tf.reduce_sum(f * tf.square(p - s)) for f, p, s in zip(fisher, (w, b), star)]
        return task + lam / 2 * tf.add_n(ewc)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x_new": rng.normal(size=(n, d)).astype(fx), "x_old": rng.normal(size=(n, d)).astype(fx),
                      "y_new": rng.integers(0, c, n).astype("int32"), "y_old": rng.integers(0, c, n).astype("int32"),
                      "w_star": (0.7 * rng.normal(size=(d, c))).astype(fx),
                      "b_star": (0.3 * rng.normal(size=(c,))).astype(fx)},
            "variables": [w, b]}
