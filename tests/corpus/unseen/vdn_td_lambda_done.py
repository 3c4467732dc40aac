"""VDN with TD(lambda): at the end of an episode the return is set to the next episode's Q value, not to the reward.

Source (real): https://github.com/bold-lab-ai/JaxMARL/issues/93 (JAX, ported).
Right answer: NOT equivalent; when done the target must be the reward alone.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "ret = tf.where(done[:, t], target_qs[:, t], mixed)",
    "same_forward_value": False,
}

GAMMA, TD_LAMBDA = 0.95, 0.6


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, agents, d, acts = 14, 6, 2, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(0.5 * arr(d, 8), name="q_in")
    w_out = tf.Variable(0.5 * arr(8, acts), name="q_out")
    frozen_in, frozen_out = 0.5 * arr(d, 8), 0.5 * arr(8, acts)
    batch = {
        "obs": arr(n, steps + 1, agents, d),
        "actions": rng.integers(0, acts, (n, steps, agents)),
        "rewards": arr(n, steps),
        "dones": (rng.random((n, steps)) < 0.3).astype(f),
    }

    def reference(b):
        total = 0.0
        for e in range(b["obs"].shape[0]):
            q = tf.tanh(b["obs"][e] @ w_in) @ w_out
            next_best = tf.reduce_max(tf.tanh(b["obs"][e] @ frozen_in) @ frozen_out, axis=-1)
            g = tf.reduce_sum(next_best[steps])
            for t in range(steps - 1, -1, -1):
                bootstrap = tf.reduce_sum(next_best[t + 1])
                cont = GAMMA * (1.0 - b["dones"][e, t])
                g = b["rewards"][e, t] + cont * ((1 - TD_LAMBDA) * bootstrap + TD_LAMBDA * g)
                joint = tf.add_n([q[t, a, int(b["actions"][e, t, a])] for a in range(agents)])
                total += tf.square(joint - g)
        return total / (b["obs"].shape[0] * steps)

    def candidate(b):
        q_vals = tf.einsum("...h,ha->...a", tf.tanh(tf.einsum("...d,dh->...h", b["obs"], w_in)), w_out)
        chosen = tf.gather(q_vals[:, :-1], b["actions"], axis=-1, batch_dims=3)
        chosen_sum = tf.reduce_sum(chosen, axis=2)
        target_net = tf.tanh(tf.einsum("...d,dh->...h", b["obs"], frozen_in))
        target_max = tf.reduce_max(tf.einsum("...h,ha->...a", target_net, frozen_out), axis=-1)
        target_qs = tf.reduce_sum(target_max, axis=2)[:, 1:]
        done = b["dones"] > 0.5
        ret = target_qs[:, -1]
        targets = []
        for t in reversed(range(steps)):
            mixed = (
                ret * TD_LAMBDA * GAMMA
                + b["rewards"][:, t]
                + (1 - TD_LAMBDA) * GAMMA * (1 - b["dones"][:, t]) * target_qs[:, t]
            )
            ret = tf.where(done[:, t], target_qs[:, t], mixed)
            targets.insert(0, ret)
        return tf.reduce_mean(tf.square(chosen_sum - tf.stop_gradient(tf.stack(targets, axis=1))))

    return {"variables": [w_in, w_out], "batch": batch, "reference": reference, "candidate": candidate}
