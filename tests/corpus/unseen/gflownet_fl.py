"""Forward-looking loss of a GFlowNet: the state flow network returns a column that is not squeezed before it meets the
log rewards and log probabilities. Source: https://github.com/alexhernandezgarcia/gflownet/pull/257"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "log_flow = tf.tanh(states @ w1) @ w2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, h, a = 7, 4, 6, 3
    w1 = tf.Variable(rng.normal(size=(d, h)).astype(fx), name="flow_w1")
    w2 = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="flow_w2")
    wf = tf.Variable(rng.normal(size=(d, a)).astype(fx), name="forward_policy")
    wb = tf.Variable(rng.normal(size=(d, a)).astype(fx), name="backward_policy")
    done = np.array([0, 0, 1, 0, 0, 0, 1])

    def reference(batch):
        total = 0.0
        for i in range(n):
            s, p = batch["states"][i:i + 1], batch["parents"][i:i + 1]
            act = batch["actions"][i]
            lpf = tf.nn.log_softmax((p @ wf)[0])[act]
            lpb = tf.nn.log_softmax((s @ wb)[0])[act]
            child = (tf.tanh(s @ w1) @ w2)[0, 0] * (1.0 - batch["done"][i])
            parent = (tf.tanh(p @ w1) @ w2)[0, 0]
            energy = batch["logreward"][i] - batch["logreward_parent"][i]
            total += tf.square(parent + lpf - child - lpb - energy)
        return total / n

    def candidate(batch):
        actions = batch["actions"]

        def policy_logprob(states, weights):
            logits = tf.nn.log_softmax(states @ weights, axis=-1)
            return tf.gather(logits, actions, batch_dims=1)

        def flow(states):
            log_flow = tf.tanh(states @ w1) @ w2
            return log_flow

        parents, states = batch["parents"], batch["states"]
        logprobs_f = policy_logprob(parents, wf)
        logprobs_b = policy_logprob(states, wb)
        flow_parents = flow(parents)
        flow_states = flow(states)
        is_final = batch["done"] > 0
        flow_states = tf.where(is_final, tf.zeros_like(flow_states), flow_states)
        gain = batch["logreward"] - batch["logreward_parent"]
        residual = flow_parents - flow_states + logprobs_f - logprobs_b - gain
        return tf.reduce_mean(tf.square(residual))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "states": rng.normal(size=(n, d)).astype(fx),
            "parents": rng.normal(size=(n, d)).astype(fx),
            "actions": rng.integers(0, a, size=n).astype("int32"),
            "done": done.astype(fx),
            "logreward": rng.normal(size=n).astype(fx),
            "logreward_parent": rng.normal(size=n).astype(fx),
        },
        "variables": [w1, w2, wf, wb],
    }
