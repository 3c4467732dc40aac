"""DeepSpeed-Chat actor loss uses action_mask[:, start:]; somebody fears that EOS is filtered out, but the mask is
already shifted by one. Source: https://github.com/deepspeedai/DeepSpeedExamples/issues/888"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, prompt, ans, v, d = 3, 3, 5, 8, 5
    t = prompt + ans
    emb = tf.Variable(rng.standard_normal((v, d)).astype(fx), name="emb")
    head = tf.Variable(rng.standard_normal((d, v)).astype(fx), name="head")

    def reference(batch):
        seq, att = batch["seq"], batch["attention_mask"]
        h = tf.tanh(tf.cumsum(tf.gather(emb, seq), axis=1)) @ head
        terms, count = [], 0.0
        for i in range(b):
            for pos in range(prompt, t):
                if float(att[i, pos]) == 0.0:
                    continue
                lp = tf.nn.log_softmax(h[i, pos - 1])[seq[i, pos]]
                ratio = tf.exp(lp - batch["old_logp"][i, pos - 1])
                a = batch["advantages"][i, pos - prompt]
                terms.append(tf.maximum(-a * ratio, -a * tf.clip_by_value(ratio, 0.8, 1.2)))
                count += 1.0
        return tf.add_n(terms) / count

    def candidate(batch):
        seq = batch["seq"]
        action_mask = batch["attention_mask"][:, 1:]
        start = prompt - 1
        logits = tf.matmul(tf.tanh(tf.cumsum(tf.gather(emb, seq), axis=1)), head)
        log_probs = tf.gather(tf.nn.log_softmax(logits[:, :-1], axis=-1), seq[:, 1:], batch_dims=2)
        mask = action_mask[:, start:]
        log_ratio = (log_probs[:, start:] - batch["old_logp"][:, start:]) * mask
        ratio = tf.exp(log_ratio)
        pg1 = -batch["advantages"] * ratio
        pg2 = -batch["advantages"] * tf.clip_by_value(ratio, 0.8, 1.2)
        return tf.reduce_sum(tf.maximum(pg1, pg2) * mask) / tf.reduce_sum(mask)

    seq = rng.integers(0, v, (b, t)).astype("int32")
    att = np.ones((b, t))
    att[0, 6:] = 0
    att[1, 7:] = 0
    h = np.tanh(np.cumsum(emb.numpy()[seq], axis=1)) @ head.numpy()
    lp = h - np.log(np.exp(h).sum(-1, keepdims=True))
    old = np.take_along_axis(lp[:, :-1], seq[:, 1:, None], -1)[..., 0] + rng.uniform(-0.1, 0.1, (b, t - 1))
    return {"reference": reference, "candidate": candidate,
            "batch": {"seq": seq, "attention_mask": att.astype(fx), "old_logp": old.astype(fx),
                      "advantages": rng.standard_normal((b, ans)).astype(fx)},
            "variables": [emb, head]}
