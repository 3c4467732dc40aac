"""Multi-turn agent PPO: the state mask is inverted, so the policy gradient reaches the environment's tokens and not
the agent's own. Source: https://github.com/mll-lab-nu/RAGEN/issues/71"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'loss_mask = batch["response_mask"] * in_state',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d = 3, 8, 9, 5
    START, END = 1, 2
    emb = tf.Variable(rng.standard_normal((v, d)).astype(fx), name="emb")
    head = tf.Variable(rng.standard_normal((d, v)).astype(fx), name="head")

    def logprobs(ids):
        h = tf.tanh(tf.cumsum(tf.gather(emb, ids[:, :-1]), axis=1))
        return tf.gather(tf.nn.log_softmax(h @ head), ids[:, 1:], batch_dims=2)

    def reference(batch):
        ids = batch["input_ids"]
        lp = logprobs(ids)
        num = den = 0.0
        for i in range(b):
            inside = False
            for j in range(1, t):
                tok = int(ids[i, j])
                inside = inside or tok == START
                w = 0.0 if inside else float(batch["response_mask"][i, j - 1])
                if tok == END:
                    inside = False
                ratio = tf.exp(lp[i, j - 1] - batch["old_logp"][i, j - 1])
                adv = batch["advantage"][i]
                num -= w * tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
                den += w
        return num / den

    def candidate(batch):
        tokens = batch["input_ids"][:, 1:]
        starts = tf.cast(tokens == START, emb.dtype)
        ends = tf.cast(tokens == END, emb.dtype)
        in_state = tf.cumsum(starts, axis=1) - tf.cumsum(ends, axis=1, exclusive=True)
        loss_mask = batch["response_mask"] * in_state
        ratio = tf.exp(logprobs(batch["input_ids"]) - batch["old_logp"])
        adv = batch["advantage"][:, None]
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        return -tf.reduce_sum(surr * loss_mask) / tf.reduce_sum(loss_mask)

    ids = rng.integers(3, v, (b, t))
    ids[0, 2], ids[0, 4] = START, END
    ids[1, 3], ids[1, 5] = START, END
    ids[2, 1], ids[2, 3] = START, END
    mask = np.ones((b, t - 1))
    mask[2, 5:] = 0
    ids = ids.astype("int32")
    old = logprobs(tf.constant(ids)).numpy() + rng.uniform(-0.1, 0.1, (b, t - 1))
    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": ids, "response_mask": mask.astype(fx), "old_logp": old.astype(fx),
                      "advantage": np.array([1.2, -0.7, 0.5]).astype(fx)},
            "variables": [emb, head]}
