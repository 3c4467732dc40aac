"""The importance exponent beta is annealed from its present value instead of from the initial one.
Source: https://github.com/Curt-Park/rainbow-is-all-you-need/issues/73"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'beta = beta + fraction * (1.0 - beta)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    steps, n, d, n_act, total = 4, 5, 3, 3, 6
    w1, w2 = var("w1", d, 6), var("w2", 6, n_act)

    def td_errors(batch, k):
        q = tf.nn.relu(batch["obs"][k] @ w1) @ w2
        return batch["target"][k] - tf.gather(q, batch["act"][k], batch_dims=1)

    def reference(batch):
        loss = 0.0
        for k in range(steps):
            exponent = batch["beta0"] + min((k + 1) / total, 1.0) * (1.0 - batch["beta0"])
            raw = (batch["size"] * batch["prob"][k]) ** (-exponent)
            loss += tf.reduce_mean(raw / tf.reduce_max(raw) * td_errors(batch, k) ** 2)
        return loss / steps

    def candidate(batch):
        beta = batch["beta0"]
        losses = []
        for step in range(1, steps + 1):
            fraction = min(step / total, 1.0)
            beta = beta + fraction * (1.0 - beta)
            prob = batch["prob"][step - 1]
            weights = tf.pow(prob * batch["size"], -beta)
            weights = weights / tf.reduce_max(weights)
            delta = td_errors(batch, step - 1)
            losses.append(tf.reduce_mean(weights * tf.square(delta)))
        return tf.reduce_mean(tf.stack(losses))

    prob = rng.uniform(0.02, 1.0, size=(steps, n)) ** 2
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(steps, n, d), "act": rng.integers(0, n_act, (steps, n)), "target": 2 * arr(steps, n),
                      "prob": (prob / prob.sum(1, keepdims=True)).astype(f), "size": np.asarray(50.0, f),
                      "beta0": np.asarray(0.2, f)},
            "variables": [w1, w2]}
