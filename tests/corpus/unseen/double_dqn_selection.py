"""Why does the Double DQN target pick actions with the online estimator and not with the target
one? That is what Double DQN does; the code is right.
Source: https://github.com/datamllab/rlcard/issues/188"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, n_act, hid, gamma = 6, 4, 4, 6, 0.9
    w1 = tf.Variable((rng.standard_normal((obs_dim, hid)) * 0.7).astype(fx), name="w1")
    w2 = tf.Variable((rng.standard_normal((hid, n_act)) * 0.7).astype(fx), name="w2")
    t1 = tf.constant((rng.standard_normal((obs_dim, hid)) * 0.7).astype(fx))
    t2 = tf.constant((rng.standard_normal((hid, n_act)) * 0.7).astype(fx))

    def reference(batch):
        terms = []
        for i in range(n):
            online = tf.matmul(tf.tanh(tf.matmul(batch["next_state"][i:i + 1], w1)), w2)[0]
            frozen = tf.matmul(tf.tanh(tf.matmul(batch["next_state"][i:i + 1], t1)), t2)[0]
            legal = tf.where(batch["legal"][i] > 0.5, online, tf.fill([n_act], tf.constant(-1e9, fx)))
            y = batch["reward"][i]
            y += (1.0 - batch["done"][i]) * gamma * frozen[tf.argmax(legal)]
            q = tf.matmul(tf.tanh(tf.matmul(batch["state"][i:i + 1], w1)), w2)[0, batch["action"][i]]
            terms.append((q - y) ** 2)
        return tf.add_n(terms) / n

    def candidate(batch):
        q_values_next = tf.matmul(tf.tanh(tf.matmul(batch["next_state"], w1)), w2)
        masked = q_values_next - (1.0 - batch["legal"]) * 1e6
        best_actions = tf.one_hot(tf.argmax(masked, axis=1), n_act, dtype=fx)
        q_values_next_target = tf.matmul(tf.tanh(tf.matmul(batch["next_state"], t1)), t2)
        bootstrap = tf.reduce_sum(q_values_next_target * best_actions, axis=1)
        target_batch = batch["reward"] + tf.cast(batch["done"] < 0.5, fx) * gamma * bootstrap
        q_as = tf.matmul(tf.tanh(tf.matmul(batch["state"], w1)), w2)
        q = tf.gather(q_as, batch["action"], batch_dims=1)
        return tf.reduce_mean(tf.square(tf.stop_gradient(target_batch) - q))

    legal = (rng.random((n, n_act)) < 0.6).astype(float)
    legal[np.arange(n), rng.integers(0, n_act, n)] = 1.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((n, obs_dim)).astype(fx),
                      "next_state": rng.standard_normal((n, obs_dim)).astype(fx),
                      "action": rng.integers(0, n_act, n).astype("int32"),
                      "reward": rng.standard_normal(n).astype(fx),
                      "done": np.array([0, 0, 1, 0, 1, 0]).astype(fx), "legal": legal.astype(fx)},
            "variables": [w1, w2]}
