"""deepspeed-course MoE lab: the notebook it replaces folds the load-balancing bias into the gate, while the
bias is only for routing. Source: https://github.com/yiqiao-yin/deepspeed-course/pull/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "gate = tf.gather(biased, idx, batch_dims=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, E, k = 6, 4, 5, 2
    router = tf.Variable(rng.normal(0, 0.8, (d, E)).astype(fx), name="router")
    experts = tf.Variable(rng.normal(0, 0.7, (E, d, d)).astype(fx), name="experts")

    def reference(batch):
        affinity = tf.sigmoid(tf.matmul(batch["x"], router))
        outs = []
        for i in range(n):
            pick = tf.math.top_k(affinity[i] + batch["route_bias"], k).indices.numpy()
            total = tf.add_n([affinity[i, int(e)] for e in pick])
            y = tf.zeros((1, d), dtype=fx)
            for e in pick:
                y += affinity[i, int(e)] / total * tf.nn.silu(tf.matmul(batch["x"][i:i + 1], experts[int(e)]))
            outs.append(batch["x"][i:i + 1] + y)
        err = tf.reduce_sum(tf.square(tf.concat(outs, 0) - batch["target"]), axis=1)
        return tf.reduce_mean(err)

    def candidate(batch):
        x = batch["x"]
        scores = tf.sigmoid(tf.matmul(x, router))
        biased = scores + batch["route_bias"]
        _, idx = tf.math.top_k(biased, k)
        gate = tf.gather(biased, idx, batch_dims=1)
        gate = gate / tf.reduce_sum(gate, axis=-1, keepdims=True)
        expert_out = tf.nn.silu(tf.einsum("nd,edf->nef", x, experts))
        chosen = tf.gather(expert_out, idx, batch_dims=1)
        y = x + tf.reduce_sum(gate[..., None] * chosen, axis=1)
        return tf.reduce_mean(tf.reduce_sum((y - batch["target"]) ** 2, axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "target": rng.normal(size=(n, d)).astype(fx),
                      "route_bias": np.array([0.6, -0.3, 0.4, 0.0, -0.2]).astype(fx)},
            "variables": [router, experts]}
