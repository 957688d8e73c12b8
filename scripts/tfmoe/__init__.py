"""From ChIP-seq peaks to a mixture of transcription-factor experts, its evaluation and motifs."""

__version__ = "0.1.0"
