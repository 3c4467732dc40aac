"""VQ-VAE: the stop_gradient of the commitment term sits on the encoder output instead of the code.

Source (real): the confusion of https://github.com/CompVis/taming-transformers/issues/46, MishaLaskin/vqvae issue 6 and
karpathy/deep-vector-quantization issue 2 (which of the two terms is frozen where); PyTorch, ported and reduced to
one misplaced stop_gradient.
Right answer: NOT equivalent; same loss value, the encoder is not pulled to its code, the codebook is pulled more.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "commitment_loss = tf.reduce_mean((quantized - tf.stop_gradient(z_e)) ** 2)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e, codes, beta = 24, 7, 3, 6, 0.6
    encoder = keras.layers.Dense(e, activation="tanh", name="encoder", dtype=f)
    decoder = keras.layers.Dense(d, name="decoder", dtype=f)
    encoder.build((None, d))
    decoder.build((None, e))
    for layer in (encoder, decoder):
        layer.set_weights([0.6 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    codebook = tf.Variable((0.6 * rng.standard_normal((codes, e))).astype(f), name="codebook")
    batch = {"x": rng.standard_normal((n, d)).astype(f)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            z = encoder(b["x"][i : i + 1])[0]
            k = int(np.argmin([float(tf.reduce_sum(tf.square(z - codebook[c]))) for c in range(codes)]))
            code = codebook[k]
            passed = z + tf.stop_gradient(code - z)
            total += tf.reduce_mean(tf.square(decoder(passed[None])[0] - b["x"][i]))
            total += tf.reduce_mean(tf.square(tf.stop_gradient(z) - code))
            total += beta * tf.reduce_mean(tf.square(z - tf.stop_gradient(code)))
        return total / m

    def candidate(b):
        z_e = encoder(b["x"])
        distances = (
            tf.reduce_sum(z_e**2, axis=1, keepdims=True)
            + tf.reduce_sum(codebook**2, axis=1)
            - 2 * tf.matmul(z_e, codebook, transpose_b=True)
        )
        encoding_indices = tf.argmin(distances, axis=1)
        quantized = tf.matmul(tf.one_hot(encoding_indices, codes, dtype=f), codebook)
        commitment_loss = tf.reduce_mean((quantized - tf.stop_gradient(z_e)) ** 2)
        codebook_loss = tf.reduce_mean((tf.stop_gradient(z_e) - quantized) ** 2)
        straight_through = z_e + tf.stop_gradient(quantized - z_e)
        rec = tf.reduce_mean((decoder(straight_through) - b["x"]) ** 2)
        return rec + codebook_loss + beta * commitment_loss

    return {
        "variables": encoder.trainable_variables + [codebook] + decoder.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
