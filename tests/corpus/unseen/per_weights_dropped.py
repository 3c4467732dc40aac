"""DQN with prioritised replay: the importance-sampling weights of the sampled batch never
reach the training loss.
Source: https://github.com/danaugrs/huskarl/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(huber)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, n_act, gamma = 6, 4, 3, 0.95
    w1 = tf.Variable((rng.standard_normal((obs_dim, 8)) * 0.5).astype(fx), name="w1")
    w2 = tf.Variable((rng.standard_normal((8, n_act)) * 0.5).astype(fx), name="w2")
    t1 = tf.constant((rng.standard_normal((obs_dim, 8)) * 0.5).astype(fx))
    t2 = tf.constant((rng.standard_normal((8, n_act)) * 0.5).astype(fx))

    def q_net(x, a, b):
        return tf.matmul(tf.nn.relu(tf.matmul(x, a)), b)

    def reference(batch):
        q_next = tf.reduce_max(q_net(batch["next_obs"], t1, t2), axis=1)
        y = batch["rewards"] + gamma * (1.0 - batch["dones"]) * q_next
        q = tf.reduce_sum(q_net(batch["obs"], w1, w2) * tf.one_hot(batch["actions"], n_act, dtype=fx), axis=1)
        err = tf.abs(y - q)
        loss = tf.where(err <= 1.0, 0.5 * err ** 2, err - 0.5)
        return tf.reduce_mean(batch["is_weights"] * loss)

    def candidate(batch):
        target_q = q_net(batch["next_obs"], t1, t2)
        best = tf.argmax(target_q, axis=1, output_type=tf.int32)
        target = batch["rewards"] + gamma * tf.gather(target_q, best, batch_dims=1) * (1.0 - batch["dones"])
        chosen = tf.gather(q_net(batch["obs"], w1, w2), batch["actions"], batch_dims=1)
        td = tf.stop_gradient(target) - chosen
        quadratic = tf.minimum(tf.abs(td), 1.0)
        linear = tf.abs(td) - quadratic
        huber = 0.5 * tf.square(quadratic) + linear
        return tf.reduce_mean(huber)

    weights = rng.uniform(0.1, 1.0, n)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "next_obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, n).astype("int32"),
                      "rewards": rng.standard_normal(n).astype(fx),
                      "dones": np.array([0, 0, 1, 0, 0, 1]).astype(fx),
                      "is_weights": (weights / weights.max()).astype(fx)},
            "variables": [w1, w2]}
