"""R2D2: the target network's best value is taken at step t, not at t + 1.

Source (real): https://github.com/ray-project/ray/issues/19074 (rllib, TensorFlow and PyTorch: "The target q value in R2D2's loss is computed at the
step `t` instead of the step `t+1`").
Right answer: NOT equivalent; the Bellman equation bootstraps from the state whose value is being learned.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "q_t_best_masked = (1.0 - dones[:, :-1]) * q_t_best[:, :-1]",
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, hid, acts = 13, 6, 3, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wx = tf.Variable(0.8 * arr(d, hid), name="rnn_in")
    wh = tf.Variable(0.4 * arr(hid, hid), name="rnn_rec")
    wo = tf.Variable(0.8 * arr(hid, acts), name="q_out")
    target = [tf.constant(s * arr(*shape)) for s, shape in ((0.8, (d, hid)), (0.4, (hid, hid)), (1.0, (hid, acts)))]
    batch = {
        "obs": arr(n, steps, d),
        "act": rng.integers(0, acts, (n, steps)),
        "rew": arr(n, steps),
        "done": (rng.random((n, steps)) < 0.15).astype(f),
    }

    def reference(b):
        def unroll(weights):
            h = tf.zeros([b["rew"].shape[0], hid], wx.dtype)
            qs = []
            for t in range(steps):
                h = tf.tanh(b["obs"][:, t] @ weights[0] + h @ weights[1])
                qs.append(h @ weights[2])
            return qs

        online, frozen = unroll((wx, wh, wo)), unroll(target)
        losses = []
        for t in range(steps - 1):
            greedy = tf.argmax(online[t + 1], axis=1)
            boot = tf.gather(frozen[t + 1], greedy, batch_dims=1)
            y = b["rew"][:, t] + _GAMMA * (1.0 - b["done"][:, t]) * boot
            losses.append(tf.square(tf.gather(online[t], b["act"][:, t], batch_dims=1) - y))
        return tf.reduce_mean(losses)

    def candidate(b):
        class QModel:
            def __init__(self, w_in, w_rec, w_out):
                self.w_in, self.w_rec, self.w_out = w_in, w_rec, w_out

            def forward(self, obs):
                x = tf.transpose(tf.einsum("ntd,dh->nth", obs, self.w_in), [1, 0, 2])
                states = tf.scan(lambda h, z: tf.tanh(z + h @ self.w_rec), x, initializer=tf.zeros_like(x[0]))
                return tf.einsum("tnh,ha->nta", states, self.w_out)

        q = QModel(wx, wh, wo).forward(b["obs"])
        q_target = QModel(*target).forward(b["obs"])
        actions, rewards, dones = b["act"], b["rew"], b["done"]
        q_selected = tf.reduce_sum(q * tf.one_hot(actions, acts, dtype=q.dtype), axis=-1)
        best_actions = tf.one_hot(tf.argmax(q, axis=2), acts, dtype=q.dtype)
        q_t_best = tf.reduce_sum(q_target * best_actions, axis=-1)
        q_t_best_masked = (1.0 - dones[:, :-1]) * q_t_best[:, :-1]
        td_target = rewards[:, :-1] + _GAMMA * q_t_best_masked
        td_error = q_selected[:, :-1] - tf.stop_gradient(td_target)
        return tf.reduce_mean(td_error**2)

    return {"variables": [wx, wh, wo], "batch": batch, "reference": reference, "candidate": candidate}
