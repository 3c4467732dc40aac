"""Actor-critic: the advantage in the actor loss is not stopped, so the actor loss also trains the critic.

Source (real): https://github.com/SwarmRL/SwarmRL/pull/99 (JAX, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "advantages = returns - values",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, steps, d, acts = 13, 5, 4, 3
    body = tf.Variable(0.5 * arr(d, d), name="body")
    actor = tf.Variable(0.5 * arr(d, acts), name="actor")
    critic = tf.Variable(0.6 * arr(d), name="critic")
    batch = {"feat": arr(n, steps, d), "action": rng.integers(0, acts, (n, steps)), "rew": arr(n, steps)}
    gamma = 0.9

    def reference(b):
        loss, acc = 0.0, tf.zeros_like(b["rew"][:, 0])
        for t in reversed(range(steps)):
            acc = b["rew"][:, t] + gamma * acc
            h = tf.tanh(b["feat"][:, t] @ body)
            logp = tf.nn.log_softmax(h @ actor)
            v = tf.linalg.matvec(h, critic)
            own = tf.gather(logp, b["action"][:, t], batch_dims=1)
            loss += tf.reduce_mean(tf.square(acc - v) - own * (acc - tf.stop_gradient(v)))
        return loss / steps

    def candidate(b):
        hidden = tf.tanh(b["feat"] @ body)
        logits, values = hidden @ actor, tf.linalg.matvec(hidden, critic)
        discounts = np.array([[gamma ** (k - t) if k >= t else 0.0 for t in range(steps)] for k in range(steps)])
        returns = b["rew"] @ tf.constant(discounts.astype(f))
        log_probs = tf.gather(tf.nn.log_softmax(logits), b["action"], batch_dims=2)
        advantages = returns - values
        actor_loss = -tf.reduce_mean(log_probs * advantages)
        critic_loss = tf.reduce_mean(tf.square(returns - values))
        return actor_loss + critic_loss

    return {"variables": [body, actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
