"""Filterbank features of speech, by the library kaldi-native-fbank.

That is the feature extraction of Kaldi, without Kaldi. A frame has 123 features: the logarithms of
its energy and of 40 mel filters (Povey window of 25 ms every 10 ms, pre-emphasis 0.97), and their
first and second differences over 2 frames to each side.
"""

import numpy as np
from numpy.typing import NDArray

from action_rec.long_memory.speech.libraries import speech_library

RATE = 16_000  # samples per second
WINDOW, HOP = 400, 160  # samples
_FILTERS = 40
_MILLISECOND = RATE / 1000
FEATURES = 3 * (_FILTERS + 1)


def filterbank(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the features (T, 123) of a recording (N,), T = 1 + (N - 400) // 160.

    Raises:
        InputError: The library is not installed.
    """
    fbank = speech_library("kaldi_native_fbank")
    options = fbank.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.frame_length_ms = WINDOW / _MILLISECOND
    options.frame_opts.frame_shift_ms = HOP / _MILLISECOND
    options.frame_opts.dither = 0  # no random noise
    options.mel_opts.num_bins = _FILTERS
    options.use_energy = True
    computer = fbank.OnlineFbank(options)
    computer.accept_waveform(RATE, samples.astype(np.float32))
    computer.input_finished()
    static = np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])
    differences = fbank.DeltaOptions(order=2, window=2)
    features: NDArray[np.float32] = fbank.compute_deltas(differences, static)
    return features
