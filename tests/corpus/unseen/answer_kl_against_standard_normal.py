"""Neural answer selection: the KL term should compare the posterior with the prior network's Gaussian; it is the KL to a standard normal, so that the prior network is never trained.
Source: https://github.com/carpedm20/variational-text-tensorflow/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'self.e_loss = -0.5 * tf.reduce_sum(1.0 + self.log_sigma_sq - tf.square(self.mu) - tf.exp(self.log_sigma_sq))',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, z = 16, 5, 3
    prior = tf.Variable(0.4 * rng.normal(size=(d, 2 * z)), dtype=f, name="prior")
    post = tf.Variable(0.4 * rng.normal(size=(2 * d, 2 * z)), dtype=f, name="post")
    out = tf.Variable(rng.normal(size=(z, 1)), dtype=f, name="out")
    batch = {
        "question": rng.normal(size=(n, d)).astype(f),
        "answer": rng.normal(size=(n, d)).astype(f),
        "eps": rng.normal(size=(n, z)).astype(f),
        "label": rng.integers(0, 2, size=n).astype(f),
    }

    def reference(batch):
        pm, plv = tf.split(batch["question"] @ prior, 2, axis=1)
        qm, qlv = tf.split(tf.concat([batch["question"], batch["answer"]], 1) @ post, 2, axis=1)
        h = qm + tf.exp(0.5 * qlv) * batch["eps"]
        s = tf.squeeze(h @ out, 1)
        nll = tf.nn.softplus(s) - batch["label"] * s
        kl = 0.5 * tf.reduce_sum(plv - qlv + (tf.exp(qlv) + (qm - pm) ** 2) / tf.exp(plv) - 1.0, axis=1)
        return tf.reduce_mean(nll + kl)

    def candidate(batch):
        class NASM:
            def build_prior(self, q):
                h = tf.matmul(q, prior)
                self.mu_prior, self.log_sigma_sq_prior = h[:, :z], h[:, z:]

            def build_inference(self, q, a):
                h = tf.matmul(tf.concat([q, a], axis=-1), post)
                self.mu, self.log_sigma_sq = h[:, :z], h[:, z:]
                self.h = self.mu + tf.sqrt(tf.exp(self.log_sigma_sq)) * batch["eps"]

            def losses(self, label):
                self.e_loss = -0.5 * tf.reduce_sum(1.0 + self.log_sigma_sq - tf.square(self.mu) - tf.exp(self.log_sigma_sq))
                logits = tf.matmul(self.h, out)[:, 0]
                self.g_loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(label, logits))
                return (self.e_loss + self.g_loss) / n

        model = NASM()
        model.build_prior(batch["question"])
        model.build_inference(batch["question"], batch["answer"])
        return model.losses(batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [prior, post, out]}
