"""SMART's adversarial regulariser: the paper divides the gradient by its infinity norm and adds it to the noise; the code adds the raw gradient and then divides the sum, noise included.
Source: https://github.com/namisan/mt-dnn/issues/214"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "noise = adv_project(noise + step_size * delta_grad)",
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, k = 14, 6, 5, 3
    w1 = tf.Variable(0.6 * rng.normal(size=(d, h)), dtype=f, name="w1")
    w2 = tf.Variable(0.8 * rng.normal(size=(h, k)), dtype=f, name="w2")
    batch = {
        "embed": rng.normal(size=(n, d)).astype(f),
        "noise": (0.3 * rng.normal(size=(n, d))).astype(f),
        "label": rng.integers(0, k, size=n).astype("int32"),
    }
    step_size = 0.5

    def reference(batch):
        def log_probs(e):
            return tf.nn.log_softmax(tf.tanh(e @ w1) @ w2)

        x = batch["embed"]
        clean = log_probs(x)
        fixed = tf.stop_gradient(clean)
        with tf.GradientTape() as tape:
            tape.watch(x)
            gap = tf.reduce_sum(tf.exp(fixed) * (fixed - log_probs(x + batch["noise"])))
        g = tape.gradient(gap, x)
        g = g / (tf.reduce_max(tf.abs(g), axis=1, keepdims=True) + 1e-8)
        moved = log_probs(tf.stop_gradient(x + batch["noise"] + step_size * g))
        smooth = tf.reduce_sum(tf.exp(fixed) * (fixed - moved), axis=1)
        nll = -tf.gather(clean, batch["label"], axis=1, batch_dims=1)
        return tf.reduce_mean(nll + smooth)

    def candidate(batch):
        def model(embed):
            return tf.matmul(keras.activations.tanh(tf.matmul(embed, w1)), w2)

        def stable_kl(logit, target):
            p, q = tf.nn.softmax(target), tf.nn.log_softmax(logit)
            return tf.reduce_sum(p * (tf.nn.log_softmax(target) - q), axis=-1)

        def adv_project(grad):
            return grad / (tf.reduce_max(tf.abs(grad), axis=-1, keepdims=True) + 1e-8)

        logits = model(batch["embed"])
        target = tf.stop_gradient(logits)
        noise = batch["noise"]
        with tf.GradientTape() as tape:
            tape.watch(noise)
            adv = tf.reduce_sum(stable_kl(model(batch["embed"] + noise), target))
        delta_grad = tape.gradient(adv, noise)
        noise = adv_project(noise + step_size * delta_grad)
        noise = tf.stop_gradient(noise)
        adv_loss = stable_kl(model(batch["embed"] + noise), target)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits)
        return tf.reduce_mean(ce) + tf.reduce_mean(adv_loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
