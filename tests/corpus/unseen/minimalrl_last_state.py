"""Actor-critic on a rollout: the batch of next states is built from the last s_prime, not from the list of them.

Source (real): https://github.com/seungeunrho/minimalRL/issues/7 (PyTorch, ported).
Right answer: NOT equivalent; one value is broadcast to the TD target of every step.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "s_prime_batch = tf.stack([s_prime])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 18, 4, 6, 2
    gamma = 0.98

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc1 = tf.Variable(0.6 * arr(d, hid), name="fc1")
    fc_pi = tf.Variable(0.6 * arr(hid, acts), name="fc_pi")
    fc_v = tf.Variable(0.6 * arr(hid, 1), name="fc_v")
    path = arr(n + 1, d)
    batch = {"s": path[:-1], "a": rng.integers(0, acts, n), "r": 0.5 * arr(n), "s_prime": path[1:],
             "done": (rng.random(n) < 0.1).astype(f)}

    def reference(b):
        steps = b["s"].shape[0]
        loss = 0.0
        for t in range(steps):
            x, x_next = (tf.nn.relu(b[key][t:t + 1] @ fc1) for key in ("s", "s_prime"))
            v = (x @ fc_v)[0, 0]
            target = tf.stop_gradient(b["r"][t] + gamma * (1 - b["done"][t]) * (x_next @ fc_v)[0, 0])
            logp = tf.nn.log_softmax(x @ fc_pi)[0, int(b["a"][t])]
            gap = tf.abs(v - target)
            critic = 0.5 * gap ** 2 if float(gap) < 1.0 else gap - 0.5
            loss += -logp * tf.stop_gradient(target - v) + critic
        return loss / steps

    def candidate(b):
        def v(x):
            return tf.nn.relu(x @ fc1) @ fc_v

        def make_batch():
            s_lst, a_lst, r_lst, s_prime_lst, done_lst = [], [], [], [], []
            for s, a, r, s_prime, done in zip(b["s"], b["a"], b["r"], b["s_prime"], b["done"]):
                s_lst.append(s)
                a_lst.append([a])
                r_lst.append([r])
                s_prime_lst.append(s_prime)
                done_lst.append([1.0 - done])
            s_batch, a_batch, r_batch = tf.stack(s_lst), tf.convert_to_tensor(a_lst), tf.convert_to_tensor(r_lst)
            s_prime_batch = tf.stack([s_prime])
            return s_batch, a_batch, r_batch, s_prime_batch, tf.convert_to_tensor(done_lst)

        s, a, r, s_prime, done = make_batch()
        td_target = r + gamma * v(s_prime) * done
        delta = td_target - v(s)
        pi = tf.nn.softmax(tf.nn.relu(s @ fc1) @ fc_pi, axis=1)
        pi_a = tf.gather(pi, a, axis=1, batch_dims=1)
        huber = keras.losses.huber(tf.stop_gradient(td_target), v(s), delta=1.0)
        loss = -tf.math.log(pi_a) * tf.stop_gradient(delta) + huber[:, None]
        return tf.reduce_mean(loss)

    return {"variables": [fc1, fc_pi, fc_v], "batch": batch, "reference": reference, "candidate": candidate}
