"""SAC temperature: the scalar target entropy -dim(A) is broadcast onto the per-dimension log-probs before they are
summed, so that it acts as -dim(A)^2.
Source: https://github.com/Unity-Technologies/ml-agents/pull/5372"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "target_current_diff = tf.reduce_sum(tf.stop_gradient(cont_log_probs) + target_entropy, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, adim = 16, 5, 3
    head = keras.layers.Dense(2 * adim, name="head")
    head.build((None, obs))
    log_alpha = tf.Variable(np.array(-0.4, f), name="log_alpha")
    target = -float(adim)

    def reference(batch):
        out = head(batch["obs"])
        mean, log_sd = out[:, :adim], 0.3 * out[:, adim:]
        pre = mean + tf.exp(log_sd) * batch["noise"]
        act = tf.tanh(pre)
        per_dim = -0.5 * batch["noise"] ** 2 - log_sd - 0.5 * np.log(2 * np.pi) - tf.math.log(1 - act ** 2 + 1e-6)
        logp = tf.einsum("ij->i", per_dim)
        q = tf.linalg.matvec(act, batch["q_weight"][0])
        policy = tf.reduce_mean(tf.exp(tf.stop_gradient(log_alpha)) * logp - q)
        return policy - log_alpha * (tf.reduce_mean(tf.stop_gradient(logp)) + target)

    def candidate(batch):
        def sample(obs_, noise):
            mean, log_sd = tf.split(head(obs_), 2, axis=-1)
            log_sd = 0.3 * log_sd
            raw = mean + tf.exp(log_sd) * noise
            action = tf.tanh(raw)
            log_prob = -(raw - mean) ** 2 / (2 * tf.exp(2 * log_sd)) - log_sd - np.log(np.sqrt(2 * np.pi))
            return action, log_prob - tf.math.log(1 - action ** 2 + 1e-6)

        def sac_entropy_loss(cont_log_probs, target_entropy):
            target_current_diff = tf.reduce_sum(tf.stop_gradient(cont_log_probs) + target_entropy, axis=1)
            return -tf.reduce_mean(log_alpha * target_current_diff)

        def sac_policy_loss(cont_log_probs, q1p):
            ent_coef = tf.stop_gradient(tf.exp(log_alpha))
            batch_policy_loss = tf.reduce_mean(ent_coef * cont_log_probs - q1p[:, None] / adim, axis=1)
            return adim * tf.reduce_mean(batch_policy_loss)

        action, log_probs = sample(batch["obs"], batch["noise"])
        q1p = tf.reduce_sum(action * batch["q_weight"], axis=1)
        return sac_policy_loss(log_probs, q1p) + sac_entropy_loss(log_probs, target)

    w = np.repeat(rng.normal(size=(1, adim)), n, axis=0)
    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "noise": rng.normal(size=(n, adim)).astype(f),
             "q_weight": w.astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": head.trainable_variables + [log_alpha]}
