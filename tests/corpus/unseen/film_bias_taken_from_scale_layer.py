"""A FiLM layer has one dense layer for the scale and one for the shift, but the forward pass computes the
shift with the scale's layer; the shift layer gets no gradient at all.
Source: https://github.com/vb000/LookOnceToHear/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "shift = self.weight(embedding)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, frames, ch, emb = 14, 4, 3, 5
    weight_layer = keras.layers.Dense(ch, name="film_weight")
    bias_layer = keras.layers.Dense(ch, name="film_bias")
    mask = keras.layers.Dense(ch, name="mask")
    weight_layer.build((None, emb))
    bias_layer.build((None, emb))
    mask.build((None, frames, ch))
    batch = {
        "mixture": rng.standard_normal((n, frames, ch)).astype(f),
        "speaker": rng.standard_normal((n, emb)).astype(f),
        "clean": rng.standard_normal((n, frames, ch)).astype(f),
    }

    def reference(b):
        gamma = b["speaker"] @ weight_layer.kernel + weight_layer.bias
        beta = b["speaker"] @ bias_layer.kernel + bias_layer.bias
        frames_out = []
        for t in range(frames):
            mod = gamma * b["mixture"][:, t] + beta
            gate = tf.sigmoid(mod @ mask.kernel + mask.bias)
            frames_out.append(gate * b["mixture"][:, t])
        est = tf.stack(frames_out, axis=1)
        return tf.reduce_mean((est - b["clean"]) ** 2)

    def candidate(b):
        class FiLM:
            def __init__(self, weight, bias):
                self.weight = weight
                self.bias = bias

            def __call__(self, x, embedding):
                scale = self.weight(embedding)
                shift = self.weight(embedding)
                return x * scale[:, None] + shift[:, None]

        film = FiLM(weight_layer, bias_layer)
        gate = keras.activations.sigmoid(mask(film(b["mixture"], b["speaker"])))
        return tf.reduce_mean(tf.math.squared_difference(gate * b["mixture"], b["clean"]))

    variables = (weight_layer.trainable_variables + bias_layer.trainable_variables + mask.trainable_variables)
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
