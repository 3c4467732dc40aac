"""Prioritised replay: the importance weights multiply an MSE that is already averaged over the batch.

Source (real): https://github.com/rlcode/per/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'td_loss = mse(target, pred)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, gamma, beta = 16, 4, 2, 0.99, 0.6
    f = lambda *s: rng.normal(size=s).astype("float32")
    prob = rng.gamma(0.7, size=n) + 0.02
    w = (n * prob / prob.sum()) ** -beta
    batch = {
        "state": f(n, d), "next_state": f(n, d), "reward": f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.2).astype("float32"),
        "is_weight": (w / w.max()).astype("float32"),
    }
    model = tf.keras.Sequential([tf.keras.layers.Dense(12, activation="relu"), tf.keras.layers.Dense(k)])
    model.build((None, d))
    model.set_weights([0.5 * rng.normal(size=x.shape) for x in model.get_weights()])
    tw = [tf.constant(x) for x in model.get_weights()]
    mse = tf.keras.losses.MeanSquaredError()

    def target_model(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, tw[0]) + tw[1]), tw[2]) + tw[3]

    def targets(b):
        return b["reward"] + (1.0 - b["done"]) * gamma * tf.reduce_max(target_model(b["next_state"]), axis=1)

    def reference(b):
        n = len(b["state"])
        y, total = targets(b), 0.0
        for i in range(n):
            q_i = model(b["state"][i:i + 1])[0, b["action"][i]]
            total += b["is_weight"][i] * tf.square(y[i] - q_i)
        return total / n

    def candidate(b):
        pred = tf.gather(model(b["state"]), b["action"], batch_dims=1)
        target = tf.stop_gradient(targets(b))
        td_loss = mse(target, pred)
        return tf.reduce_mean(b["is_weight"] * td_loss)

    variables = [v.value for v in model.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
