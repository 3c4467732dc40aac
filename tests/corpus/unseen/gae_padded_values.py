"""PPO for a language model: the critic's values on padded positions bootstrap the last valid token's advantage.

Source (real): https://github.com/alibaba/ROLL/pull/447 (PyTorch, ported).
Right answer: NOT equivalent. The recursion runs over the whole padded response; the value that follows the last
response token is garbage instead of zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'values = tf.stop_gradient(value_head(b["hidden"]))',
    "same_forward_value": False,
}

_GAMMA, _LAM, _CLIP, _VF = 0.97, 0.9, 0.2, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t_len, d, vocab = 16, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    lm_head = tf.Variable(0.5 * arr(d, vocab), name="lm_head")
    v_head = tf.Variable(0.7 * arr(d), name="value_head")
    v_bias = tf.Variable(np.asarray(0.4, f), name="value_bias")
    lengths = rng.integers(2, t_len, n)
    mask = (np.arange(t_len)[None] < lengths[:, None]).astype(f)
    score = np.zeros((n, t_len), f)
    score[np.arange(n), lengths - 1] = arr(n)
    batch = {
        "hidden": arr(n, t_len, d),
        "tokens": rng.integers(0, vocab, (n, t_len)),
        "response_mask": mask,
        "rewards": score,
        "old_noise": 0.05 * arr(n, t_len),
    }

    def value_head(h):
        return tf.linalg.matvec(h, v_head) + v_bias

    def token_logp(h, tokens):
        return tf.gather(tf.nn.log_softmax(h @ lm_head), tokens, batch_dims=2)

    def masked_mean(x, m):
        return tf.reduce_sum(x * m) / tf.reduce_sum(m)

    def reference(b):
        pg, vf, count = 0.0, 0.0, 0.0
        for i in range(b["hidden"].shape[0]):
            length = int(b["response_mask"][i].numpy().sum())
            h = b["hidden"][i, :length]
            v = value_head(h)
            frozen = tf.stop_gradient(v)
            logp = token_logp(h[None], b["tokens"][i : i + 1, :length])[0]
            old = tf.stop_gradient(logp) + b["old_noise"][i, :length]
            gae = 0.0
            for t in range(length - 1, -1, -1):
                after = frozen[t + 1] if t + 1 < length else 0.0
                gae = b["rewards"][i, t] + _GAMMA * after - frozen[t] + _GAMMA * _LAM * gae
                ratio = tf.exp(logp[t] - old[t])
                pg -= tf.minimum(ratio * gae, tf.clip_by_value(ratio, 1 - _CLIP, 1 + _CLIP) * gae)
                vf += 0.5 * tf.square(v[t] - (gae + frozen[t]))
                count += 1.0
        return (pg + _VF * vf) / count

    def candidate(b):
        response_mask = b["response_mask"]
        values = tf.stop_gradient(value_head(b["hidden"]))
        lastgaelam = tf.zeros_like(values[:, 0])
        advantages_reversed = []
        gen_len = values.shape[1]
        for t in reversed(range(gen_len)):
            nextvalues = values[:, t + 1] if t < gen_len - 1 else 0.0
            delta = b["rewards"][:, t] + _GAMMA * nextvalues - values[:, t]
            lastgaelam = delta + _GAMMA * _LAM * lastgaelam
            advantages_reversed.append(lastgaelam)
        advantages = tf.stack(advantages_reversed[::-1], axis=1)
        returns = advantages + values
        log_probs = token_logp(b["hidden"], b["tokens"])
        ratio = tf.exp(log_probs - (tf.stop_gradient(log_probs) + b["old_noise"]))
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1 - _CLIP, 1 + _CLIP) * advantages
        pg_loss = -masked_mean(tf.minimum(surr1, surr2), response_mask)
        vf_loss = 0.5 * masked_mean(tf.square(value_head(b["hidden"]) - returns), response_mask)
        return pg_loss + _VF * vf_loss

    return {"variables": [lm_head, v_head, v_bias], "batch": batch, "reference": reference, "candidate": candidate}
