"""Thread: in the book's A2C the advantage becomes [128, 128] because the reference values are [128] and the value head gives [128, 1].
Source: https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/74"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "adv_v = vals_ref_v - tf.stop_gradient(value_v)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, na, beta = 8, 4, 3, 0.02
    base = tf.Variable(rng.normal(size=(s, 8)).astype(fx), name="base")
    pol = tf.Variable(rng.normal(size=(8, na)).astype(fx), name="policy")
    val = tf.Variable(rng.normal(size=(8, 1)).astype(fx), name="value")

    def reference(batch):
        feat = tf.nn.relu(batch["states"] @ base)
        v = (feat @ val)[:, 0]
        logp = tf.nn.log_softmax(feat @ pol)
        adv = tf.stop_gradient(batch["vals_ref"] - v)
        taken = tf.reduce_sum(tf.one_hot(batch["actions"], na, dtype=logp.dtype) * logp, axis=1)
        ent = tf.reduce_sum(tf.exp(logp) * logp, axis=1)
        return tf.reduce_mean((v - batch["vals_ref"]) ** 2 - adv * taken + beta * ent)

    def candidate(batch):
        vals_ref_v = batch["vals_ref"]
        hidden = tf.nn.relu(tf.matmul(batch["states"], base))
        logits_v = tf.matmul(hidden, pol)
        value_v = tf.matmul(hidden, val)

        loss_value_v = tf.reduce_mean(tf.square(tf.squeeze(value_v, axis=-1) - vals_ref_v))

        log_prob_v = tf.nn.log_softmax(logits_v, axis=1)
        adv_v = vals_ref_v - tf.stop_gradient(value_v)
        chosen = tf.gather(log_prob_v, batch["actions"], axis=1, batch_dims=1)
        log_prob_actions_v = adv_v * chosen
        loss_policy_v = -tf.reduce_mean(log_prob_actions_v)

        prob_v = tf.nn.softmax(logits_v, axis=1)
        entropy_loss_v = beta * tf.reduce_mean(tf.reduce_sum(prob_v * log_prob_v, axis=1))
        return loss_policy_v + entropy_loss_v + loss_value_v

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(n, s)).astype(fx), "actions": rng.integers(0, na, n),
                      "vals_ref": (rng.normal(size=n) * 3).astype(fx)},
            "variables": [base, pol, val]}
