"""RecurrentPPO took th.mean(values * mask): padded steps are zero, but still counted in the denominator.
Source: https://github.com/Stable-Baselines-Team/stable-baselines3-contrib/pull/78"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'return tf.reduce_mean(x * mask)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    seqs, steps, obs, acts, clip = 12, 7, 5, 3, 0.2
    gru = keras.layers.GRU(6, return_sequences=True)
    pi, vf = keras.layers.Dense(acts), keras.layers.Dense(1)
    gru.build((None, steps, obs)), pi.build((None, steps, 6)), vf.build((None, steps, 6))
    lens = rng.integers(2, steps + 1, seqs)
    batch = {
        "obs": rng.standard_normal((seqs, steps, obs)).astype(f),
        "actions": rng.integers(0, acts, (seqs, steps)),
        "old_logp": np.log(rng.uniform(0.2, 0.5, (seqs, steps))).astype(f),
        "adv": rng.standard_normal((seqs, steps)).astype(f),
        "returns": rng.standard_normal((seqs, steps)).astype(f),
        "mask": (np.arange(steps)[None] < lens[:, None]).astype(f),
    }

    def reference(b):
        h = gru(b["obs"])
        use = b["mask"] > 1e-8
        logits = tf.boolean_mask(pi(h), use)
        logp = tf.nn.log_softmax(logits)
        ratio = tf.exp(tf.gather(logp, tf.boolean_mask(b["actions"], use), batch_dims=1) - tf.boolean_mask(b["old_logp"], use))
        adv = tf.boolean_mask(b["adv"], use)
        policy = tf.minimum(adv * ratio, adv * tf.clip_by_value(ratio, 1 - clip, 1 + clip))
        value = tf.square(tf.boolean_mask(vf(h)[..., 0], use) - tf.boolean_mask(b["returns"], use))
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, -1)
        return tf.reduce_mean(-policy + 0.5 * value - 0.01 * entropy)

    def candidate(b):
        mask = b["mask"]

        def masked_mean(x):
            return tf.reduce_mean(x * mask)

        def evaluate_actions(o, a):
            latent = gru(o)
            logits = pi(latent)
            nll = keras.ops.sparse_categorical_crossentropy(a, logits, from_logits=True)
            p = keras.ops.softmax(logits)
            ent = keras.ops.logsumexp(logits, axis=-1) - keras.ops.sum(p * logits, axis=-1)
            return keras.ops.squeeze(vf(latent), -1), -nll, ent

        values, log_prob, entropy = evaluate_actions(b["obs"], b["actions"])
        ratio = keras.ops.exp(log_prob - b["old_logp"])
        policy_loss_1 = b["adv"] * ratio
        policy_loss_2 = b["adv"] * keras.ops.clip(ratio, 1 - clip, 1 + clip)
        policy_loss = -masked_mean(keras.ops.minimum(policy_loss_1, policy_loss_2))
        value_loss = masked_mean((b["returns"] - values) ** 2)
        entropy_loss = -masked_mean(entropy)
        return policy_loss + 0.01 * entropy_loss + 0.5 * value_loss

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": gru.trainable_variables + pi.trainable_variables + vf.trainable_variables}
