"""lunar_lander_per: the importance weight raises N*priority to -beta; a sample with zero TD error has
priority 0 and the weight becomes infinite. Source: https://github.com/Guillaume-Cr/lunar_lander_per/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "weights = tf.pow(buffer_len * batch[\"priority\"], -beta)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, H, A = 6, 4, 6, 3
    W1 = tf.Variable(rng.normal(0, 0.6, (S, H)).astype(fx), name="W1")
    W2 = tf.Variable(rng.normal(0, 0.6, (H, A)).astype(fx), name="W2")
    prio = rng.uniform(0.2, 2.0, B)
    prio[2] = 0.0

    def q(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, W1)), W2)

    def reference(batch):
        gamma, beta, eps, N = 0.99, 0.5, 1e-2, 32.0
        prob = batch["priority"] + eps
        w = (N * prob) ** (-beta)
        w = w / tf.reduce_max(w)
        nxt = tf.reduce_max(tf.stop_gradient(q(batch["next_state"])), axis=1)
        y = batch["reward"] + gamma * nxt * (1.0 - batch["done"])
        qa = tf.reduce_sum(q(batch["state"]) * tf.one_hot(batch["action"], A, dtype=fx), axis=1)
        return tf.reduce_mean(w * tf.square(y - qa))

    def candidate(batch):
        gamma, beta, buffer_len = 0.99, 0.5, 32.0
        q_next = tf.reduce_max(q(batch["next_state"]), axis=1)
        target = tf.stop_gradient(batch["reward"] + gamma * q_next * (1.0 - batch["done"]))
        expected = tf.gather(q(batch["state"]), batch["action"], batch_dims=1)
        td = target - expected
        weights = tf.pow(buffer_len * batch["priority"], -beta)
        weights = weights / tf.reduce_max(weights)
        return tf.reduce_mean(weights * td ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(B, S)).astype(fx), "next_state": rng.normal(size=(B, S)).astype(fx),
                      "reward": rng.normal(size=B).astype(fx), "done": (rng.random(B) < 0.3).astype(fx),
                      "action": rng.integers(0, A, B).astype("int32"), "priority": prio.astype(fx)},
            "variables": [W1, W2]}
