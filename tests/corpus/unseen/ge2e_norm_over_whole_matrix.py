"""Speaker verification (GE2E): the embedder divides by the norm of the whole output matrix of the batch instead of
normalising every utterance embedding by its own norm.
Source: https://github.com/HarryVolek/PyTorch_Speaker_Verification/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = x / tf.norm(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    speakers, utterances, feat, dim = 4, 3, 5, 7
    proj = tf.Variable(rng.normal(size=(feat, dim)).astype(f), name="proj")
    bias = tf.Variable(rng.normal(size=(dim,)).astype(f) * 0.3, name="bias")
    scale = tf.Variable(np.asarray(4.0, f), name="scale")
    mel = rng.normal(size=(speakers * utterances, feat)) * rng.uniform(0.4, 2.5, size=(speakers * utterances, 1))

    def reference(batch):
        hidden = tf.nn.relu(tf.matmul(batch["mel"], proj) + bias)
        emb = tf.math.l2_normalize(hidden, axis=1)
        emb = tf.reshape(emb, (speakers, utterances, dim))
        centroids = tf.reduce_mean(emb, axis=1)
        sim = scale * tf.einsum("sud,kd->suk", emb, centroids)
        own = tf.reshape(tf.repeat(tf.range(speakers), utterances), (speakers, utterances))
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=own, logits=sim))

    def candidate(batch):
        class SpeechEmbedder:
            def __call__(self, frames):
                x = tf.nn.relu(frames @ proj + bias)
                x = x / tf.norm(x)
                return x

        def get_centroids(embeddings):
            out = []
            for speaker in range(speakers):
                total = 0.0
                for utterance in range(utterances):
                    total = total + embeddings[speaker, utterance]
                out.append(total / utterances)
            return out

        embedder = SpeechEmbedder()
        embeddings = tf.reshape(embedder(batch["mel"]), [speakers, utterances, dim])
        centroids = get_centroids(embeddings)
        loss = 0.0
        for j in range(speakers):
            for i in range(utterances):
                cos = tf.stack([tf.tensordot(embeddings[j, i], c, 1) for c in centroids])
                s = cos * scale
                loss += tf.reduce_logsumexp(s) - s[j]
        return loss

    return {"reference": reference, "candidate": candidate, "batch": {"mel": mel.astype(f)},
            "variables": [proj, bias, scale]}
