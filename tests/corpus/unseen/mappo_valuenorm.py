"""With value normalisation on, the advantages subtract the still normalised value predictions from raw returns.
Source: https://github.com/marlbenchmark/on-policy/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "advantages = batch[\"returns\"][:-1] - batch[\"value_preds\"][:-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, agents, dim, n_act = 4, 2, 3, 3
    use_popart, use_valuenorm = False, True
    obs = rng.normal(size=(t, agents, dim)).astype(fx)
    acts = rng.integers(0, n_act, size=(t, agents))
    old_logp = np.log(rng.uniform(0.25, 0.5, size=(t, agents))).astype(fx)
    returns = (6.0 + 3.0 * rng.normal(size=(t + 1, agents))).astype(fx)
    value_preds = rng.normal(size=(t + 1, agents)).astype(fx)
    active = np.ones((t, agents))
    active[-1, 1] = 0.0
    run_mean, run_std = 5.0, 2.5
    actor = keras.layers.Dense(n_act, name="actor")
    actor.build((None, None, dim))

    def denormalize(v):
        return v * run_std + run_mean

    def reference(batch):
        adv = batch["returns"][:-1] - denormalize(batch["value_preds"][:-1])
        w = batch["active"] / tf.reduce_sum(batch["active"])
        mu = tf.reduce_sum(w * adv)
        sd = tf.sqrt(tf.reduce_sum(w * tf.square(adv - mu)))
        adv = (adv - mu) / (sd + 1e-5)
        lp = tf.gather(tf.nn.log_softmax(actor(batch["obs"])), batch["acts"], batch_dims=2)
        ratio = tf.exp(lp - batch["old_logp"])
        obj = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        return -tf.reduce_sum(w * obj)

    def candidate(batch):
        if use_popart:
            advantages = batch["returns"][:-1] - denormalize(batch["value_preds"][:-1])
        else:
            advantages = batch["returns"][:-1] - batch["value_preds"][:-1]
        active_masks = batch["active"]
        n_active = tf.reduce_sum(active_masks)
        mean_advantages = tf.reduce_sum(advantages * active_masks) / n_active
        var_advantages = tf.reduce_sum(active_masks * (advantages - mean_advantages) ** 2) / n_active
        advantages = (advantages - mean_advantages) / (tf.sqrt(var_advantages) + 1e-5)

        logits = actor(batch["obs"])
        action_log_probs = tf.gather(tf.nn.log_softmax(logits), batch["acts"], batch_dims=2)
        imp_weights = tf.exp(action_log_probs - batch["old_logp"])
        surr1 = imp_weights * advantages
        surr2 = tf.clip_by_value(imp_weights, 1.0 - 0.2, 1.0 + 0.2) * advantages
        policy_action_loss = -tf.reduce_sum(tf.minimum(surr1, surr2) * active_masks) / n_active
        return policy_action_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "acts": acts, "old_logp": old_logp, "returns": returns,
                      "value_preds": value_preds, "active": active.astype(fx)},
            "variables": actor.trainable_variables}
