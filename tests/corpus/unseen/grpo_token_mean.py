"""For GRPO the policy loss is averaged over all tokens of the batch; the paper averages within each response first.
Source: https://github.com/verl-project/verl/issues/593"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "pg_loss = masked_mean(tf.maximum(pg_losses, pg_losses2), eos_mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d, clip = 4, 7, 6, 5, 0.2
    emb = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="emb")
    out = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="unembed")

    def logprobs(batch):
        lp = tf.nn.log_softmax(tf.gather(emb, batch["context"]) @ out, axis=-1)
        return tf.gather(lp, batch["responses"], axis=-1, batch_dims=2)

    def reference(batch):
        new = logprobs(batch)
        losses = []
        for i in range(b):
            length = int(tf.reduce_sum(batch["eos_mask"][i]))
            r = tf.exp(new[i, :length] - batch["old_log_prob"][i, :length])
            adv = batch["advantages"][i]
            obj = tf.minimum(r * adv, tf.clip_by_value(r, 1 - clip, 1 + clip) * adv)
            losses.append(-tf.reduce_mean(obj))
        return tf.add_n(losses) / b

    def candidate(batch):
        def masked_mean(values, mask, axis=None):
            return tf.reduce_sum(values * mask, axis=axis) / tf.reduce_sum(mask, axis=axis)

        eos_mask = batch["eos_mask"]
        negative_approx_kl = logprobs(batch) - batch["old_log_prob"]
        ratio = tf.exp(negative_approx_kl)
        advantages = batch["advantages"][:, None] * eos_mask
        pg_losses = -advantages * ratio
        pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
        pg_loss = masked_mean(tf.maximum(pg_losses, pg_losses2), eos_mask)
        return pg_loss

    lens = np.array([7, 1, 4, 2])
    e, o = emb.numpy(), out.numpy()
    ctx, rsp = rng.integers(0, v, (b, t)), rng.integers(0, v, (b, t))
    z = e[ctx] @ o
    lp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    old = np.take_along_axis(lp, rsp[..., None], -1)[..., 0] + 0.1 * rng.normal(size=(b, t))
    return {"reference": reference, "candidate": candidate,
            "batch": {"context": ctx.astype("int32"), "responses": rsp.astype("int32"), "old_log_prob": old.astype(fx),
                      "eos_mask": (np.arange(t)[None] < lens[:, None]).astype(fx),
                      "advantages": rng.normal(size=b).astype(fx)},
            "variables": [emb, out]}
