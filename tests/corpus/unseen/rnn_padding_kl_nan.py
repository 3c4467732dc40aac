"""Zero padded RNN records have all-zero probabilities; they are masked out only after the KL, so its gradient is NaN although the value is right.
Source: https://github.com/ray-project/ray/issues/8551"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'action_kl = tf.reduce_sum(prev_probs * (tf.math.log(prev_probs) - tf.math.log(curr_probs)), axis=1)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, clip, kl_coeff = 15, 5, 4, 0.3, 0.2
    model = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(acts)])
    valid = np.ones(n, bool)
    valid[[3, 7, 8, 14]] = False
    prev = rng.dirichlet(np.ones(acts) * 4, n) * valid[:, None]
    batch = {
        "obs": (rng.standard_normal((n, obs)) * valid[:, None]).astype(f),
        "action_mask": np.repeat(valid[:, None], acts, 1).astype(f),
        "prev_probs": prev.astype(f),
        "actions": rng.integers(0, acts, n),
        "advantages": rng.standard_normal(n).astype(f),
        "valid": valid,
    }

    def reference(b):
        keep = tf.where(b["valid"])[:, 0]
        logp = tf.nn.log_softmax(tf.gather(model(b["obs"]), keep))
        old = tf.gather(b["prev_probs"], keep)
        onehot = tf.one_hot(tf.gather(b["actions"], keep), acts, dtype=f)
        ratio = tf.exp(tf.reduce_sum(onehot * (logp - tf.math.log(old)), axis=1))
        adv = tf.gather(b["advantages"], keep)
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - clip, 1 + clip) * adv)
        kl = tf.reduce_sum(old * (tf.math.log(old) - logp), axis=1)
        return tf.reduce_mean(kl_coeff * kl - surr)

    def candidate(b):
        valid_mask = b["valid"]
        num_valid = tf.reduce_sum(tf.cast(valid_mask, f))

        def reduce_mean_valid(t):
            return tf.reduce_sum(tf.where(valid_mask, t, tf.zeros_like(t))) / num_valid

        curr_probs = tf.nn.softmax(model(b["obs"])) * b["action_mask"]
        prev_probs = b["prev_probs"]
        chosen = tf.gather(tf.nn.softmax(model(b["obs"])), b["actions"], batch_dims=1)
        prev_chosen = tf.gather(prev_probs, b["actions"], batch_dims=1)
        logp_ratio = tf.math.divide_no_nan(chosen, prev_chosen)
        action_kl = tf.reduce_sum(prev_probs * (tf.math.log(prev_probs) - tf.math.log(curr_probs)), axis=1)
        mean_kl = reduce_mean_valid(action_kl)
        surrogate_loss = keras.ops.minimum(
            b["advantages"] * logp_ratio,
            b["advantages"] * keras.ops.clip(logp_ratio, 1 - clip, 1 + clip),
        )
        mean_policy_loss = reduce_mean_valid(-surrogate_loss)
        return mean_policy_loss + kl_coeff * mean_kl

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
