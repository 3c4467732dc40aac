"""The indexing of the chosen Q values with tf.range(tf.shape(a)[0]) is doubted (the number of actions?); it is the batch
index, and the loss is the usual one.
Source: https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/issues/29"""
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
    f = keras.config.floatx()
    n, obs, hid, acts, gamma = 16, 5, 7, 4, 0.9
    w1 = keras.Variable((0.5 * rng.standard_normal((obs, hid))).astype(f), name="eval_w1")
    w2 = keras.Variable((0.5 * rng.standard_normal((hid, acts))).astype(f), name="eval_w2")
    batch = {
        "s": rng.standard_normal((n, obs)).astype(f),
        "a": rng.integers(0, acts, n).astype("int32"),
        "r": rng.standard_normal(n).astype(f),
        "s_": rng.standard_normal((n, obs)).astype(f),
    }
    t1, t2 = (0.5 * rng.standard_normal((obs, hid))).astype(f), (0.5 * rng.standard_normal((hid, acts))).astype(f)

    def reference(batch):
        q = tf.nn.softplus(batch["s"] @ w1) @ w2
        chosen = tf.reduce_sum(q * tf.one_hot(batch["a"], acts, dtype=q.dtype), axis=1)
        q_next = np.logaddexp(0, batch["s_"].numpy() @ t1) @ t2
        td = batch["r"] + gamma * q_next.max(axis=1).astype(f) - chosen
        return tf.reduce_mean(td * td)

    def candidate(batch):
        class DeepQNetwork:
            def build_net(self, s, l1, l2):
                return tf.matmul(tf.math.softplus(tf.matmul(s, l1)), l2)

            def loss(self, s, a, r, s_):
                q_eval = self.build_net(s, w1, w2)
                q_next = self.build_net(s_, t1, t2)
                q_target = tf.stop_gradient(r + gamma * tf.reduce_max(q_next, axis=1))
                a_indices = tf.stack([tf.range(tf.shape(a)[0], dtype=tf.int32), a], axis=1)
                q_eval_wrt_a = tf.gather_nd(params=q_eval, indices=a_indices)
                return tf.reduce_mean(tf.math.squared_difference(q_target, q_eval_wrt_a))

        return DeepQNetwork().loss(batch["s"], batch["a"], batch["r"], batch["s_"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
