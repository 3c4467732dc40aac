"""Option critic: "Q[option] should also have a detach()" in the policy loss; Q as a whole is detached where it is computed.

Source (real): https://github.com/lweitkamp/option-critic-pytorch/issues/2 (PyTorch, ported; answer: detached in line 230, the termination
loss then has superfluous detaches).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, options, acts = 18, 5, 6, 3, 4
    gamma, termination_reg, entropy_reg = 0.95, 0.01, 0.05

    def var(name, *s):
        return tf.Variable((0.6 * rng.standard_normal(s)).astype(f), name=name)

    features, q_head, term_head = var("features", d, hid), var("Q", hid, options), var("terminations", hid, options)
    option_w = var("options_W", options, hid, acts)
    q_prime = tf.constant((0.6 * rng.standard_normal((hid, options))).astype(f))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "next_obs": rng.standard_normal((n, d)).astype(f),
        "option": rng.integers(0, options, n),
        "action": rng.integers(0, acts, n),
        "reward": rng.standard_normal(n).astype(f),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def get_state(obs):
        return tf.nn.relu(obs @ features)

    def reference(b):
        sg, total = tf.stop_gradient, 0.0
        for i in range(b["obs"].shape[0]):
            o, live = int(b["option"][i]), 1.0 - b["done"][i]
            s, s2 = get_state(b["obs"][i : i + 1]), get_state(b["next_obs"][i : i + 1])
            q_all = (s @ q_head)[0]
            next_q, beta_next = (s2 @ q_prime)[0], tf.sigmoid(s2 @ term_head)[0, o]
            beta = tf.sigmoid(s @ term_head)[0, o]
            gt = b["reward"][i] + live * gamma * ((1.0 - beta_next) * next_q[o] + beta_next * tf.reduce_max(next_q))
            adv_option = sg(q_all[o]) - sg(tf.reduce_max(q_all))
            p = tf.nn.softmax((s @ option_w[o])[0])
            logp, entropy = tf.math.log(p[int(b["action"][i])]), -tf.reduce_sum(p * tf.math.log(p))
            termination_loss = beta * (adv_option + termination_reg) * live
            policy_loss = -logp * sg(gt - q_all[o]) - entropy_reg * entropy
            critic_loss = 0.5 * tf.square(q_all[o] - sg(gt))
            total += termination_loss + policy_loss + critic_loss
        return total / b["obs"].shape[0]

    def candidate(b):
        def pick(x):
            return tf.gather(x, b["option"], batch_dims=1)

        state, next_state = get_state(b["obs"]), get_state(b["next_obs"])
        option_term_prob = pick(tf.sigmoid(state @ term_head))
        next_option_term_prob = tf.stop_gradient(pick(tf.sigmoid(next_state @ term_head)))

        Q = tf.stop_gradient(state @ q_head)
        next_Q_prime = tf.stop_gradient(next_state @ q_prime)

        gt = b["reward"] + (1 - b["done"]) * gamma * (
            (1 - next_option_term_prob) * pick(next_Q_prime) + next_option_term_prob * tf.reduce_max(next_Q_prime, axis=-1)
        )
        termination_loss = (
            option_term_prob
            * (tf.stop_gradient(pick(Q)) - tf.stop_gradient(tf.reduce_max(Q, axis=-1)) + termination_reg)
            * (1 - b["done"])
        )
        logits = tf.einsum("nh,nha->na", state, tf.gather(option_w, b["option"]))
        logps = tf.nn.log_softmax(logits)
        logp = tf.gather(logps, b["action"], batch_dims=1)
        entropy = -tf.reduce_sum(tf.exp(logps) * logps, -1)
        policy_loss = -logp * (tf.stop_gradient(gt) - pick(Q)) - entropy_reg * entropy
        actor_loss = tf.reduce_mean(termination_loss + policy_loss)
        td_err = pick(state @ q_head) - tf.stop_gradient(gt)
        return actor_loss + 0.5 * tf.reduce_mean(tf.square(td_err))

    variables = [features, q_head, term_head, option_w]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
