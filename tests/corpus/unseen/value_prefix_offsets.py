"""Model-based unroll: value-prefix targets are read at step i and policy targets at step i + 1; asked about, and right.
Source: https://github.com/Shengjiewang-Jason/EfficientZeroV2/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, K, d, A, S = 3, 3, 5, 3, 4
    dyn = tf.Variable((0.6 * rng.normal(size=(d + A, d))).astype(fx), name="dynamics")
    pol = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="policy_head")
    pre = tf.Variable(rng.normal(size=(d, S)).astype(fx), name="prefix_head")

    def reference(batch):
        total = 0.0
        for i in range(B):
            s = batch["state"][i]
            states = [s]
            for k in range(K):
                a = tf.one_hot(batch["actions"][i, k], A, dtype=s.dtype)
                s = tf.tanh(tf.tensordot(tf.concat([s, a], 0), dyn, 1))
                states.append(s)
            for k, s_k in enumerate(states):
                m = 1.0 if k == 0 else batch["mask"][i, k - 1]
                lp = tf.nn.log_softmax(tf.tensordot(s_k, pol, 1))
                total -= m * tf.reduce_sum(batch["target_policy"][i, k] * lp)
                if k > 0:
                    lr = tf.nn.log_softmax(tf.tensordot(s_k, pre, 1))
                    total -= 0.7 * m * tf.reduce_sum(batch["target_prefix"][i, k - 1] * lr)
        return total / B

    def candidate(batch):
        def kl_loss(logits, target):
            return -tf.reduce_sum(target * tf.nn.log_softmax(logits, axis=-1), axis=-1)

        state = batch["state"]
        policy_loss = kl_loss(tf.matmul(state, pol), batch["target_policy"][:, 0])
        value_prefix_loss = tf.zeros_like(policy_loss)
        for step_i in range(K):
            mask = batch["mask"][:, step_i]
            action = tf.one_hot(batch["actions"][:, step_i], A, dtype=state.dtype)
            state = tf.tanh(tf.matmul(tf.concat([state, action], axis=-1), dyn))
            value_prefixes, policies = tf.matmul(state, pre), tf.matmul(state, pol)
            value_prefix_loss += kl_loss(value_prefixes, batch["target_prefix"][:, step_i]) * mask
            policy_loss += kl_loss(policies, batch["target_policy"][:, step_i + 1]) * mask
        return tf.reduce_mean(policy_loss + 0.7 * value_prefix_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(B, d)).astype(fx), "actions": rng.integers(0, A, (B, K)),
                      "target_policy": rng.dirichlet(np.ones(A), (B, K + 1)).astype(fx),
                      "target_prefix": rng.dirichlet(np.ones(S), (B, K)).astype(fx),
                      "mask": np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0]]).astype(fx)},
            "variables": [dyn, pol, pre]}
