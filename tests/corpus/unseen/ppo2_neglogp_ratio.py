"""The PPO2 ratio exp(old - new) looks reversed, but both are negative log probabilities, so it is right.
Source: https://github.com/openai/baselines/issues/1218"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, clip, ent_coef, vf_coef = 8, 5, 4, 0.2, 0.01, 0.5
    body = keras.layers.Dense(8, activation="tanh", name="body")
    pi_head = keras.layers.Dense(a, name="pi")
    v_head = keras.layers.Dense(1, name="vf")
    body.build((None, s))
    pi_head.build((None, 8))
    v_head.build((None, 8))

    def reference(batch):
        h = body(batch["obs"])
        logp_all = tf.nn.log_softmax(pi_head(h))
        logp = tf.gather(logp_all, batch["actions"], batch_dims=1)
        r = tf.exp(logp - batch["old_logp"])
        adv = batch["returns"] - batch["old_values"]
        adv = (adv - tf.reduce_mean(adv)) / (tf.math.reduce_std(adv) + 1e-8)
        surrogate = tf.minimum(r * adv, tf.clip_by_value(r, 1 - clip, 1 + clip) * adv)
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, -1)
        v = v_head(h)[:, 0]
        v_clipped = batch["old_values"] + tf.clip_by_value(v - batch["old_values"], -clip, clip)
        v_err = tf.maximum((v - batch["returns"]) ** 2, (v_clipped - batch["returns"]) ** 2)
        return -tf.reduce_mean(surrogate) - ent_coef * tf.reduce_mean(entropy) + vf_coef * 0.5 * tf.reduce_mean(v_err)

    def candidate(batch):
        latent = body(batch["obs"])
        logits = pi_head(latent)
        vpred = tf.squeeze(v_head(latent), axis=1)
        oldneglogpac, oldvpred, ret = -batch["old_logp"], batch["old_values"], batch["returns"]
        advs = ret - oldvpred
        advs = (advs - tf.reduce_mean(advs)) / (tf.math.reduce_std(advs) + 1e-8)

        neglogpac = tf.nn.softmax_cross_entropy_with_logits(
            logits=logits, labels=tf.one_hot(batch["actions"], a, dtype=logits.dtype))
        a0 = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
        ea0 = tf.exp(a0)
        z0 = tf.reduce_sum(ea0, axis=-1, keepdims=True)
        entropy = tf.reduce_mean(tf.reduce_sum(ea0 / z0 * (tf.math.log(z0) - a0), axis=-1))

        vpredclipped = oldvpred + tf.clip_by_value(vpred - oldvpred, -clip, clip)
        vf_loss = .5 * tf.reduce_mean(tf.maximum(tf.square(vpred - ret), tf.square(vpredclipped - ret)))
        ratio = tf.exp(oldneglogpac - neglogpac)
        pg_losses = -advs * ratio
        pg_losses2 = -advs * tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
        pg_loss = tf.reduce_mean(tf.maximum(pg_losses, pg_losses2))
        return pg_loss - entropy * ent_coef + vf_loss * vf_coef

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "actions": rng.integers(0, a, n).astype("int32"),
                      "old_logp": np.log(rng.uniform(0.15, 0.4, n)).astype(fx),
                      "returns": rng.normal(size=n).astype(fx), "old_values": rng.normal(size=n).astype(fx)},
            "variables": body.trainable_variables + pi_head.trainable_variables + v_head.trainable_variables}
