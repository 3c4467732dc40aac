"""Model-based policy search: imagined rewards leave the graph through .numpy() before they are summed.

Source (realistic): SVG / Dreamer-style rollouts where rewards are logged and trained on from the same Python list; the
TensorFlow guide on automatic differentiation lists "took calculations outside of TensorFlow" first.
Right answer: NOT equivalent; same value, the policy is disconnected (its gradient is None), the model still trains.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "imagined.append(step_reward(state, act).numpy())",
    "same_forward_value": True,
}

_HORIZON, _GAMMA = 3, 0.9


def step_reward(state, act):
    return 1.0 - tf.reduce_sum(tf.square(state), axis=-1) - 0.1 * tf.reduce_sum(tf.square(act), axis=-1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 16, 4, 2
    model_w = tf.Variable((0.4 * rng.standard_normal((d + acts, d))).astype(f), name="dynamics")
    policy_w = tf.Variable((0.5 * rng.standard_normal((d, acts))).astype(f), name="policy")
    batch = {
        "s": rng.standard_normal((n, d)).astype(f),
        "a": rng.standard_normal((n, acts)).astype(f),
        "s2": rng.standard_normal((n, d)).astype(f),
    }

    def reference(b):
        m = b["s"].shape[0]
        frozen = tf.stop_gradient(model_w + 0.0)
        total = 0.0
        for i in range(m):
            s = b["s"][i : i + 1]
            pred = tf.concat([s, b["a"][i : i + 1]], 1) @ model_w
            total += tf.reduce_sum(tf.square(pred - b["s2"][i : i + 1]))
            for h in range(_HORIZON):
                a = tf.tanh(s @ policy_w)
                s = tf.concat([s, a], 1) @ frozen
                total -= _GAMMA**h * step_reward(s, a)[0]
        return total / m

    def candidate(b):
        fit = tf.concat([b["s"], b["a"]], axis=1) @ model_w - b["s2"]
        model_loss = tf.reduce_mean(tf.reduce_sum(fit**2, axis=1))
        frozen = tf.stop_gradient(model_w)
        state, imagined = b["s"], []
        for _ in range(_HORIZON):
            act = tf.tanh(state @ policy_w)
            state = tf.concat([state, act], axis=1) @ frozen
            imagined.append(step_reward(state, act).numpy())
        discount = tf.constant([_GAMMA**h for h in range(_HORIZON)], state.dtype)
        returns = tf.linalg.matvec(tf.stack(imagined, axis=1), discount)
        return model_loss - tf.reduce_mean(returns)

    return {"variables": [model_w, policy_w], "batch": batch, "reference": reference, "candidate": candidate}
