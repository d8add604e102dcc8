"""The phones of TIMIT, folded into 39 classes, and the speakers of its core test set.

The folding is that of Lee and Hon, "Speaker-independent phone recognition using hidden Markov
models" (IEEE Trans. ASSP 37, 1989). It deletes the glottal stop ``q``. A frame cannot be deleted
without a gap in the recording, so the network reads the frames of ``q``, but they have no class.
"""

SILENCE = "sil"

# By class: the phones of TIMIT's transcriptions that are folded into it, besides itself.
_FOLDED = {
    "aa": "ao",
    "ae": "",
    "ah": "ax ax-h",
    "aw": "",
    "ay": "",
    "b": "",
    "ch": "",
    "d": "",
    "dh": "",
    "dx": "",
    "eh": "",
    "er": "axr",
    "ey": "",
    "f": "",
    "g": "",
    "hh": "hv",
    "ih": "ix",
    "iy": "",
    "jh": "",
    "k": "",
    "l": "el",
    "m": "em",
    "n": "en nx",
    "ng": "eng",
    "ow": "",
    "oy": "",
    "p": "",
    "r": "",
    "s": "",
    "sh": "zh",
    "t": "",
    "th": "",
    "uh": "",
    "uw": "ux",
    "v": "",
    "w": "",
    "y": "",
    "z": "",
    SILENCE: "bcl dcl gcl pcl tcl kcl epi pau h#",
}

CLASSES = tuple(_FOLDED)
_WITHOUT_CLASS = "q"

# By phone of a transcription: the number of its class, or None.
CLASS_OF: dict[str, int | None] = {
    _WITHOUT_CLASS: None,
    **{
        phone: CLASSES.index(name)
        for name, others in _FOLDED.items()
        for phone in (*([] if name == SILENCE else [name]), *others.split())
    },
}

# Two men and one woman of each of the 8 dialect regions, as in TIMIT's documentation.
CORE_TEST = frozenset(
    (  # noqa: SIM905 (as a list, 24 lines)
        "MDAB0 MWBT0 FELC0 MTAS1 MWEW0 FPAS0 MJMP0 MLNT0 FPKT0 MLLL0 MTLS0 FJLM0 "
        "MBPM0 MKLT0 FNLP0 MCMJ0 MJDH0 FMGD0 MGRT0 MNJM0 FDHC0 MJLN0 MPAM0 FMLD0"
    ).split()
)
