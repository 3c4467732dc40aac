"""SAC critic target: the entropy bonus of the next state is subtracted outside of discount * mask.

Source (real): https://github.com/rail-berkeley/serl/issues/93 (critic_loss_fn with backup_entropy, JAX, ported).
Right answer: NOT equivalent. The soft value of the next state is q - temperature * log pi as a whole, so the entropy has to be
discounted and masked too; at the ends of episodes the target is far off.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'target_q = target_q - temperature * b["next_log_probs"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, ensemble, hidden = 28, 5, 2, 7
    discount, temperature = 0.9, 0.6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(ensemble, d, hidden), name="critic_hidden")
    w2 = tf.Variable(0.5 * arr(ensemble, hidden), name="critic_out")
    batch = {
        "obs_act": arr(n, d),
        "next_qs": arr(n, ensemble),
        "next_log_probs": -1.0 + arr(n),
        "rewards": arr(n),
        "masks": (rng.random(n) > 0.3).astype(f),
    }

    def soft_backup(reward, alive, qs, logp):
        soft_value = tf.reduce_min(qs) - temperature * logp
        return reward + discount * alive * soft_value

    def reference(b):
        m = b["rewards"].shape[0]
        errors = []
        for i in range(m):
            y = soft_backup(b["rewards"][i], b["masks"][i], b["next_qs"][i], b["next_log_probs"][i])
            for e in range(ensemble):
                q = tf.tensordot(tf.tanh(tf.linalg.matvec(w1[e], b["obs_act"][i], transpose_a=True)), w2[e], 1)
                errors.append((q - y) ** 2)
        return tf.add_n(errors) / len(errors)

    def candidate(b):
        hid = tf.tanh(tf.einsum("nd,edh->enh", b["obs_act"], w1))
        predicted_qs = tf.einsum("enh,eh->en", hid, w2)
        target_next_min_q = tf.reduce_min(b["next_qs"], axis=-1)
        target_q = b["rewards"] + discount * b["masks"] * target_next_min_q
        target_q = target_q - temperature * b["next_log_probs"]
        target_qs = tf.stop_gradient(tf.repeat(target_q[None], ensemble, axis=0))
        return tf.reduce_mean(tf.square(predicted_qs - target_qs))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
