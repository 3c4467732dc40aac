"""YourTTS computes the spectrogram for its speaker encoder under no_grad, so the speaker consistency loss is
added to the total but never reaches the generator.
Source: https://github.com/coqui-ai/TTS/issues/2348"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "mel = tf.stop_gradient(torch_spec(wav))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, text, samples, mels, emb = 13, 6, 10, 5, 4
    gen_w = tf.Variable(0.6 * rng.standard_normal((text, samples)).astype(f), name="gen_w")
    gen_b = tf.Variable(0.2 * rng.standard_normal(samples).astype(f), name="gen_b")
    filterbank = tf.constant(rng.standard_normal((samples, mels)).astype(f))
    speaker = tf.constant(rng.standard_normal((mels, emb)).astype(f))      # frozen encoder
    batch = {
        "text": rng.standard_normal((n, text)).astype(f),
        "wav": rng.standard_normal((n, samples)).astype(f),
    }

    def reference(b):
        fake = tf.nn.tanh(b["text"] @ gen_w + gen_b)
        emb_fake = tf.nn.tanh(tf.math.log1p((fake @ filterbank) ** 2) @ speaker)
        emb_real = tf.nn.tanh(tf.math.log1p((b["wav"] @ filterbank) ** 2) @ speaker)
        emb_fake, emb_real = tf.nn.l2_normalize(emb_fake, -1), tf.nn.l2_normalize(emb_real, -1)
        consistency = -tf.reduce_mean(tf.reduce_sum(emb_fake * emb_real, -1))
        return tf.reduce_mean((fake - b["wav"]) ** 2) + 9.0 * consistency

    def candidate(b):
        def torch_spec(wav):
            return keras.ops.log1p(keras.ops.square(keras.ops.matmul(wav, filterbank)))

        class SpeakerEncoder:
            def forward(self, wav):
                mel = tf.stop_gradient(torch_spec(wav))
                h = tf.tanh(tf.matmul(mel, speaker))
                return h / tf.norm(h, axis=-1, keepdims=True)

        encoder = SpeakerEncoder()
        y_hat = tf.tanh(tf.nn.bias_add(tf.matmul(b["text"], gen_w), gen_b))
        both = encoder.forward(tf.concat([b["wav"], y_hat], axis=0))
        gt_spk_emb, syn_spk_emb = tf.split(both, 2, axis=0)
        loss_se = -9.0 * tf.reduce_mean(tf.einsum("nd,nd->n", gt_spk_emb, syn_spk_emb))
        loss_mel = tf.reduce_mean(tf.math.squared_difference(b["wav"], y_hat))
        return loss_mel + loss_se

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gen_w, gen_b]}
