"""Recurrent PPO: the rollouts are concatenated one after the other, but the recurrent policy views them as (time, process).

Source (real): https://github.com/ikostrikov/pytorch-a2c-ppo-acktr-gail/issues/97 (PyTorch, ported; mended by stacking along axis 1).
Right answer: NOT equivalent. The reshape mixes the processes: the "sequence" of the GRU is made of steps of different rollouts.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.concat(tf.unstack(rollouts), axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, hid, n_act = 13, 5, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_x = tf.Variable(0.5 * arr(d, 3 * hid), name="gru_kernel")
    w_h = tf.Variable(0.5 * arr(hid, 3 * hid), name="gru_recurrent")
    w_pi = tf.Variable(0.6 * arr(hid, n_act), name="dist_linear")
    w_v = tf.Variable(0.6 * arr(hid), name="critic_linear")
    batch = {
        "obs": arr(n, steps, d),
        "actions": rng.integers(0, n_act, (n, steps)),
        "advantages": arr(n, steps),
        "returns": arr(n, steps),
        "h0": 0.5 * arr(n, hid),
    }

    def gru_cell(x, h):
        xz, xr, xn = tf.split(x @ w_x, 3, axis=-1)
        hz, hr, hn = tf.split(h @ w_h, 3, axis=-1)
        z = tf.sigmoid(xz + hz)
        return z * h + (1.0 - z) * tf.tanh(xn + tf.sigmoid(xr + hr) * hn)

    def reference(b):
        h = b["h0"]
        policy, critic = 0.0, 0.0
        for t in range(steps):
            h = gru_cell(b["obs"][:, t], h)
            logp = tf.gather(tf.nn.log_softmax(h @ w_pi), b["actions"][:, t], batch_dims=1)
            policy -= tf.reduce_mean(logp * b["advantages"][:, t])
            critic += tf.reduce_mean((tf.linalg.matvec(h, w_v) - b["returns"][:, t]) ** 2)
        return (policy + 0.5 * critic) / steps

    def candidate(b):
        def recurrent_batch(rollouts):
            return tf.concat(tf.unstack(rollouts), axis=0)

        def forward_gru(x, hxs):
            N = hxs.shape[0]
            x = tf.reshape(x, [-1, N, x.shape[-1]])
            outputs = []
            for x_t in tf.unstack(x, axis=0):
                hxs = gru_cell(x_t, hxs)
                outputs.append(hxs)
            return tf.reshape(tf.stack(outputs, axis=0), [-1, hxs.shape[-1]])

        features = forward_gru(recurrent_batch(b["obs"]), b["h0"])
        action_log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=recurrent_batch(b["actions"]), logits=features @ w_pi
        )
        values = tf.linalg.matvec(features, w_v)
        action_loss = -tf.reduce_mean(action_log_probs * recurrent_batch(b["advantages"]))
        value_loss = tf.reduce_mean(tf.square(values - recurrent_batch(b["returns"])))
        return action_loss + 0.5 * value_loss

    return {"variables": [w_x, w_h, w_pi, w_v], "batch": batch, "reference": reference, "candidate": candidate}
