"""Decision Transformer trainer: the state head sees (s_t, a_t) and should predict s_{t+1}, but is compared with s_t.
Source: https://github.com/kzl/decision-transformer/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "state_loss = tf.reduce_mean(tf.square(state_preds[:, :-1] - state_target[:, :-1]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, sd, ad, h = 3, 5, 4, 2, 6

    def var(name, *s):
        return tf.Variable(rng.standard_normal(s) * 0.5, dtype=fx, name=name)

    es, ea, er = var("embed_state", sd, h), var("embed_action", ad, h), var("embed_return", 1, h)
    ps, pa = var("predict_state", h, sd), var("predict_action", h, ad)

    def transformer(states, actions, rtg):
        tokens = tf.stack([rtg @ er, states @ es, actions @ ea], axis=2)
        seq = tf.reshape(tokens, [B, 3 * T, h])
        score = tf.matmul(seq, seq, transpose_b=True) / np.sqrt(h)
        causal = tf.linalg.band_part(tf.ones([3 * T, 3 * T], seq.dtype), -1, 0)
        ctx = tf.matmul(tf.nn.softmax(score - 1e9 * (1.0 - causal)), seq) + seq
        ctx = tf.transpose(tf.reshape(ctx, [B, T, 3, h]), [0, 2, 1, 3])
        return ctx[:, 2] @ ps, tf.tanh(ctx[:, 1] @ pa)

    def reference(batch):
        sp, ap = transformer(batch["s"], batch["a"], batch["rtg"])
        nxt = batch["s"][:, 1:]
        return (tf.reduce_mean((ap - batch["a"]) ** 2)
                + tf.reduce_mean((sp[:, :-1] - nxt) ** 2))

    def candidate(batch):
        states, actions, rtg = batch["s"], batch["a"], batch["rtg"]
        state_target, action_target = tf.identity(states), tf.identity(actions)
        state_preds, action_preds = transformer(states, actions, rtg)
        action_loss = tf.reduce_mean(tf.square(action_preds - action_target))
        state_loss = tf.reduce_mean(tf.square(state_preds[:, :-1] - state_target[:, :-1]))
        return action_loss + state_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((B, T, sd)).astype(fx),
                      "a": np.tanh(rng.standard_normal((B, T, ad))).astype(fx),
                      "rtg": rng.standard_normal((B, T, 1)).astype(fx)},
            "variables": [es, ea, er, ps, pa]}
