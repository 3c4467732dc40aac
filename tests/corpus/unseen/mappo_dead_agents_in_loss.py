"""Mava: the PPO loss is not masked; agents that died early still contribute their zero-padded steps, to the numerator and to
the mean's denominator.
Source: https://github.com/instadeepai/Mava/issues/870"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "agent_loss = tf.reduce_mean(policy_term + VF * value_term - ENT * entropy_term)",
    "same_forward_value": False,
}

SEQ, AGENTS, OBS, ACT = 16, 3, 6, 4
CLIP, VF, ENT = 0.2, 0.5, 0.01


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    torso = keras.Variable(rng.normal(size=(OBS, 5)) * 0.5, dtype=f, name="torso")
    bias = keras.Variable(rng.normal(size=5) * 0.5, dtype=f, name="torso_bias")
    pi_head = keras.Variable(rng.normal(size=(5, ACT)) * 0.5, dtype=f, name="pi_head")
    v_head = keras.Variable(rng.normal(size=(5, 1)) * 0.5, dtype=f, name="v_head")
    death = np.array([9, SEQ, 5])
    alive = (np.arange(SEQ)[:, None] < death[None, :]).astype(f)
    obs = rng.normal(size=(SEQ, AGENTS, OBS)) * alive[..., None]

    def forward(x):
        h = tf.tanh(tf.matmul(x, torso) + bias)
        return tf.nn.log_softmax(tf.matmul(h, pi_head)), tf.matmul(h, v_head)[:, 0]

    def reference(batch):
        x = tf.reshape(batch["obs"], [SEQ * AGENTS, OBS])
        m = tf.reshape(batch["alive"], [-1])
        a, old, adv, ret = (tf.reshape(batch[k], [-1]) for k in ("act", "old_logp", "adv", "ret"))
        logpi, v = forward(x)
        rho = tf.exp(tf.reduce_sum(logpi * tf.one_hot(a, ACT, dtype=f), -1) - old)
        pg = tf.maximum(-rho * adv, -tf.clip_by_value(rho, 1 - CLIP, 1 + CLIP) * adv)
        ent = -tf.reduce_sum(tf.exp(logpi) * logpi, -1)
        per_step = (pg + VF * tf.square(ret - v) - ENT * ent) * m
        per_agent_sum = tf.reduce_sum(tf.reshape(per_step, [SEQ, AGENTS]), axis=0)
        return tf.reduce_sum(per_agent_sum / tf.reduce_sum(batch["alive"], axis=0))

    def candidate(batch):
        total_loss = tf.zeros([], f)
        for agent in range(AGENTS):
            log_probs_all, values = forward(batch["obs"][:, agent])
            log_probs = tf.gather(log_probs_all, batch["act"][:, agent], batch_dims=1)
            rhos = tf.exp(log_probs - batch["old_logp"][:, agent])
            clipped = tf.clip_by_value(rhos, 1 - CLIP, 1 + CLIP)
            advantages = batch["adv"][:, agent]
            policy_term = -tf.minimum(rhos * advantages, clipped * advantages)
            value_term = (batch["ret"][:, agent] - values) ** 2
            entropy_term = -tf.reduce_sum(tf.exp(log_probs_all) * log_probs_all, axis=1)
            agent_loss = tf.reduce_mean(policy_term + VF * value_term - ENT * entropy_term)
            total_loss += agent_loss
        return total_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs.astype(f), "act": rng.integers(0, ACT, size=(SEQ, AGENTS)).astype("int32"),
                  "old_logp": np.log(rng.uniform(0.15, 0.5, size=(SEQ, AGENTS))).astype(f),
                  "adv": rng.normal(size=(SEQ, AGENTS)).astype(f), "ret": rng.normal(size=(SEQ, AGENTS)).astype(f),
                  "alive": alive},
        "variables": [torso, bias, pi_head, v_head],
    }
