"""ACER: the bias correction term sums over all actions without the weight pi(a|x), which the expectation under the policy needs.

Source (real): https://github.com/Kaixhin/ACER/issues/22 (PyTorch, ported; answer: "should be policies[i] at the end of" the bias_weight line).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "bias_weight = tf.maximum(1.0 - trace_max / rho, 0.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, acts = 14, 3, 5, 4
    trace_max = 1.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc_actor = tf.Variable(0.6 * arr(d, acts), name="fc_actor")
    fc_critic = tf.constant(0.7 * arr(d, acts))
    old = np.exp(arr(n, steps, acts))
    batch = {
        "state": arr(n, steps, d),
        "action": rng.integers(0, acts, (n, steps)),
        "old_policy": old / old.sum(-1, keepdims=True),
        "Qret": arr(n, steps),
    }

    def reference(b):
        # paper, equation 9: truncated importance sampling plus E_{a ~ pi}[ (1 - c / rho)_+ grad log pi A ]
        pi = tf.nn.softmax(tf.einsum("bti,ia->bta", b["state"], fc_actor))
        fixed = tf.stop_gradient(pi)
        q = tf.einsum("bti,ia->bta", b["state"], fc_critic)
        v = tf.reduce_sum(fixed * q, -1)
        ratio = fixed / b["old_policy"]
        pick = lambda x: tf.gather(x, b["action"], batch_dims=2)  # noqa: E731
        first = tf.minimum(pick(ratio), trace_max) * tf.math.log(pick(pi)) * (b["Qret"] - v)
        second = tf.reduce_sum(
            fixed * tf.nn.relu(1.0 - trace_max / ratio) * tf.math.log(pi) * (q - v[..., None]), axis=-1
        )
        return -tf.reduce_sum(tf.reduce_mean(first + second, axis=0))

    def candidate(b):
        policy_loss = 0.0
        for i in reversed(range(steps)):
            policy = tf.nn.softmax(b["state"][:, i] @ fc_actor)
            Q = b["state"][:, i] @ fc_critic
            V = tf.reduce_sum(Q * tf.stop_gradient(policy), 1, keepdims=True)
            rho = tf.stop_gradient(policy) / b["old_policy"][:, i]
            A = b["Qret"][:, i : i + 1] - V
            action = b["action"][:, i : i + 1]
            log_prob = tf.math.log(tf.gather(policy, action, batch_dims=1))
            rho_a = tf.gather(rho, action, batch_dims=1)
            single_step_policy_loss = -tf.reduce_mean(tf.minimum(rho_a, trace_max) * log_prob * A)
            # off-policy bias correction
            bias_weight = tf.maximum(1.0 - trace_max / rho, 0.0)
            single_step_policy_loss -= tf.reduce_mean(
                tf.reduce_sum(bias_weight * tf.math.log(policy) * (Q - V), axis=1)
            )
            policy_loss += single_step_policy_loss
        return policy_loss

    return {"variables": [fc_actor], "batch": batch, "reference": reference, "candidate": candidate}
